/* The control socket: each request's answer, what is refused and why, and clients that are slow, silent or
 * too many.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/support.h"
#include "rooms/error.h"
#include "rooms/guest.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static vcca_running *vm; /* of all tests */

static int open_vm(void **state)
{
  (void)state;
  vm = running_open("attest-arm-1.0.yaml");
  return 0;
}

static int close_vm(void **state)
{
  (void)state;
  vcca_running_stop(vm);
  return 0;
}

static void each_request_is_answered_by_a_line(void **state)
{
  (void)state;
  static const struct {
    const char *request, *answer;
  } rows[] = {
      {"{\"op\": \"state\"}", "\"schema\":\"vcca-vm-1\""},
      {"{\"op\": \"measurement\", \"index\": 1}", "\"value\":\"0000"},
      {"{\"op\": \"measurement\", \"index\": 5}", "\"status\":1,\"status_name\":\"RSI_ERROR_INPUT\""},
      {"{\"op\": \"extend\", \"index\": 2, \"value\": {\"hex\": \"00ff\"}}",
       "{\"ok\":true,\"status\":0,\"status_name\":\"RSI_SUCCESS\"}"},
      {"{\"op\": \"extend\", \"index\": 0, \"value\": \"00ff\"}", "\"status\":1"},
      {"{\"op\": \"token\", \"challenge\": \"00ff\"}", "\"token\":\"d9"},
      {"{\"op\": \"token\", \"challenge\": {\"zero\": 65}}",
       "{\"ok\":false,\"error\":\"65 bytes, a challenge has at most 64\"}"},
      {"{\"op\": \"certificate\"}", "only virtCCA"},
      {"{\"op\": \"inject\", \"what\": \"incomplete\", \"times\": 2}", "{\"ok\":true}"},
      {"{\"op\": \"inject\", \"what\": \"status\", \"command\": \"rsi_version\", \"status\": \"ERROR_STATE\"}",
       "{\"ok\":true}"},
      {"{\"op\": \"inject\", \"what\": \"status\", \"command\": \"VERSION\", \"status\": 77}", "{\"ok\":true}"},
      {"{\"op\": \"inject\", \"what\": \"delay\", \"milliseconds\": 1}", "{\"ok\":true}"},
      {"{\"op\": \"state\"}", "\"injected\":[{\"what\":\"incomplete\",\"times\":2},{\"what\":\"status\",\"command\":"
                              "\"VERSION\",\"status\":2,\"times\":1}"},
      {"{\"op\": \"inject\", \"what\": \"device\"}", "{\"ok\":true}"},
      {"{\"op\": \"inject\", \"what\": \"lifecycle\", \"lifecycle\": \"debug\"}", "{\"ok\":true}"},
      {"{\"op\": \"state\"}", "\"lifecycle\":\"0x4000\",\"own\":false"},
      {"{\"op\": \"inject\", \"what\": \"none\"}", "{\"ok\":true}"},
      {"{\"op\": \"state\"}", "\"injected\":[]"},
      {"{\"op\": \"inject\", \"what\": \"device\", \"device\": \"rsa\"}",
       "choose a device with keys of the family's type"},
      {"{\"op\": \"inject\", \"what\": \"device\", \"device\": \"x\"}", "a device is other, rsa, p521 or p384"},
      {"{\"op\": \"inject\", \"what\": \"device\", \"image\": \"name: x\"}", "device image"},
      {"{\"op\": \"inject\", \"what\": \"lifecycle\", \"lifecycle\": 0x10000}", "\"ok\":false"},
      {"{\"op\": \"inject\", \"what\": \"status\", \"command\": \"NONE\", \"status\": 1}", "no command of this name"},
      {"{\"op\": \"inject\", \"what\": \"status\", \"command\": \"VERSION\", \"status\": \"x\"}", "no status of rsi"},
      {"{\"op\": \"inject\", \"what\": \"status\", \"status\": 1}", "which command"},
      {"{\"op\": \"inject\", \"what\": \"delay\", \"milliseconds\": 60001}", "\"ok\":false"},
      {"{\"op\": \"inject\", \"what\": \"nothing\"}", "what can be injected: status"},
      {"{\"op\": \"inject\", \"what\": \"none\", \"times\": 1}", "times"},
      {"{\"op\": \"sate\"}", "did you mean \\\"state\\\"?"},
      {"{\"op\": \"state\", \"x\": 1}", "\\\"x\\\""},
      {"{\"op\": \"state\", \"op\": \"stop\"}", "\"ok\":false"},
      {"{\"op\": [\"state\"]}", "no such operation"},
      {"{}", "\"ok\":false"},
      {"", "a request is a line with an object"},
      {"op: state", "a request is a line with an object"},
      {"{\"op\": \"state\"", "\"ok\":false"},
      {"{\"op\": \"extend\", \"index\": 1, \"value\": {\"file\": \"/etc/passwd\"}}", "\"ok\":false"},
      {"{\"op\": \"extend\", \"index\": 1, \"value\": {\"zero\": 1000000}}", "\"ok\":false"},
      {"{\"op\": \"extend\", \"index\": 1, \"value\": \"$x\"}", "\"ok\":false"},
      {"{\"op\": \"extend\", \"index\": -1, \"value\": \"00\"}", "\"ok\":false"},
      {"{\"op\": \"token\"}", "challenge"},
  };
  static uint8_t room[VCCA_CONTROL_LINE + 1];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    vcca_sink answer = vcca_sink_of(room, VCCA_CONTROL_LINE);
    vcca_control_answer(vm, vcca_span_str(rows[i].request), &answer);
    assert_true(vcca_sink_ok(&answer) && answer.n > 0 && room[answer.n - 1] == '\n');
    assert_ptr_equal(memchr(room, '\n', answer.n), room + answer.n - 1); /* one line */
    room[answer.n] = '\0';
    if (!strstr((const char *)room, rows[i].answer))
      fail_msg("%s\n is answered %s  without %s", rows[i].request, (const char *)room, rows[i].answer);
  }
}

/* --- Over a socket -------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/vcca-test-XXXXXX", path[64];
static atomic_int stops; /* another thread counts */

static void on_stop(void *ctx)
{
  (void)ctx;
  stops++;
}

static vcca_control *serve(void)
{
  struct vcca_error err = {0};
  snprintf(path, sizeof path, "%s/vm", folder);
  vcca_control *c = vcca_control_start(vm, path, on_stop, NULL, &err);
  check_ok(c != NULL, &err, "control socket");
  return c;
}

static int connect_raw(void)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void expect(vcca_client *c, const char *request, const char *answer)
{
  struct vcca_error err = {0};
  vcca_span line;
  char text[2048];
  check_ok(vcca_client_ask(c, vcca_span_str(request), &line, &err), &err, request);
  snprintf(text, sizeof text, "%.*s", (int)line.n, (const char *)line.p);
  if (!strstr(text, answer))
    fail_msg("%s is answered %s without %s", request, text, answer);
}

static vcca_client *client(void)
{
  struct vcca_error err = {0};
  vcca_client *c = vcca_client_open(path, &err);
  check_ok(c != NULL, &err, "client");
  return c;
}

static void bad_clients_harm_nobody_else(void **state)
{
  (void)state;
  assert_non_null(mkdtemp(folder));
  vcca_control *c = serve();
  enum { BAD = 200 };
  int bad[BAD];
  char *flood = malloc(2 * VCCA_CONTROL_LINE);
  assert_non_null(flood);
  memset(flood, 'x', 2 * VCCA_CONTROL_LINE);
  for (unsigned i = 0; i < BAD; i++) {
    bad[i] = connect_raw();
    if (i % 4 == 1)
      (void)!send(bad[i], "{\"op\": \"sta", 11, MSG_NOSIGNAL); /* never goes on */
    if (i % 4 == 2)
      (void)!send(bad[i], flood, 2 * VCCA_CONTROL_LINE, MSG_NOSIGNAL | MSG_DONTWAIT); /* no line ends */
    if (i % 4 == 3) {
      (void)!send(bad[i], "{\"op\": \"trace\", \"follow\": true}\n", 32, MSG_NOSIGNAL); /* never reads */
      close(bad[i]);
      bad[i] = -1;
    }
  }
  vcca_client *good = client();
  expect(good, "{\"op\": \"measurement\", \"index\": 1}", "\"ok\":true");
  expect(good, "{\"op\": \"state\"}\n", "vcca-vm-1");
  struct vcca_error err = {0};
  vcca_span line;
  assert_false(vcca_client_ask(good, VCCA_SPAN_LIT("{\"op\": \"token\"}"), &line, &err));
  assert_int_equal(vcca_error_exit(&err), VCCA_EXIT_USAGE);
  for (unsigned i = 0; i < BAD; i++)
    if (bad[i] >= 0)
      close(bad[i]);
  vcca_client_close(good);
  vcca_control_stop(c);
  free(flood);
  assert_int_not_equal(access(path, F_OK), 0);
}

static void a_trace_is_followed_and_the_end_is_asked_for(void **state)
{
  (void)state;
  vcca_running_stop(vm); /* whose control socket ended it */
  vm = running_open("attest-arm-1.0.yaml");
  vcca_control *c = serve();
  vcca_client *follower = client(), *asker = client();
  expect(asker, "{\"op\": \"measurement\", \"index\": 1}", "\"ok\":true");
  expect(follower, "{\"op\": \"trace\", \"follow\": true}",
         "\"seq\":1,\"interface\":\"rsi\",\"command\":\"MEASUREMENT_READ\"");
  expect(asker, "{\"op\": \"stop\"}", "{\"ok\":true}");
  while (stops == 0)
    sched_yield();
  struct vcca_error err = {0};
  assert_null(vcca_control_start(vm, path, on_stop, NULL, &err)); /* it is served already */
  assert_non_null(strstr(err.text, "already"));
  vcca_control_stop(c); /* the follower waits for a line that never comes */
  vcca_client_close(follower);
  vcca_client_close(asker);
}

static void what_a_killed_server_left_is_replaced_and_nothing_else(void **state)
{
  (void)state;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int left = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(left, (const struct sockaddr *)&address, sizeof address), 0);
  close(left);
  vcca_control_stop(serve());
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fclose(f);
  struct vcca_error err = {0};
  assert_null(vcca_control_start(vm, path, on_stop, NULL, &err));
  assert_non_null(strstr(err.text, "no socket; name another"));
  assert_int_equal(access(path, F_OK), 0);
  unlink(path);
  rmdir(folder);
  assert_null(vcca_control_start(vm, path, on_stop, NULL, &err));
  char far[200];
  memset(far, 'a', sizeof far - 1);
  far[sizeof far - 1] = '\0';
  assert_null(vcca_control_start(vm, far, on_stop, NULL, &err));
  assert_null(vcca_client_open(far, &err));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_request_is_answered_by_a_line),
      cmocka_unit_test(bad_clients_harm_nobody_else),
      cmocka_unit_test(a_trace_is_followed_and_the_end_is_asked_for),
      cmocka_unit_test(what_a_killed_server_left_is_replaced_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, open_vm, close_vm);
}
