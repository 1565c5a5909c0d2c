/* The requests of the control socket: a table of operations, each with the members that it takes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "guest/control.h"
#include "rooms/yaml_value.h"
#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/hsm.h"
#include "rooms/json.h"
#include "rooms/span.h"
#include "rooms/guest.h"

/* What a request's values may take. */
enum { REQUEST_MEMORY = 256 << 10 };

struct asked {
  vcca_running *v;
  const struct tree_node *root;
  struct reading reading;
  struct control_request *request;
  struct vcca_json *j; /* of the answer, whose object is open */
  struct vcca_error *err;
};

static const struct vcca_interface *interface_of(const vcca_running *v)
{
  return vcca_running_abi(v) == VCCA_ABI_TMI ? vcca_tsi() : vcca_rsi();
}

static void put_status(const struct asked *a, uint64_t status)
{
  const char *name = vcca_interface_status(interface_of(a->v), status);
  vcca_json_int(a->j, "status", (int64_t)status);
  if (name)
    vcca_json_str(a->j, "status_name", name);
}

/* --- Guest calls ---------------------------------------------------------------------------------------- */

static bool op_token(struct asked *a)
{
  uint8_t room[VCCA_TOKEN_MAX];
  vcca_sink token = VCCA_SINK(room);
  struct tree_node *node;
  vcca_span challenge;
  uint64_t bound, status;
  if (!tree_need(a->root, "challenge", &node, a->err) || !value_bytes(&a->reading, node, &challenge, a->err) ||
      !vcca_running_token(a->v, challenge, &token, &bound, &status, a->err))
    return false;
  put_status(a, status);
  vcca_json_int(a->j, "bound", (int64_t)bound);
  if (status == 0)
    vcca_json_hex(a->j, "token", vcca_sink_span(&token));
  return true;
}

static bool op_measurement(struct asked *a)
{
  struct tree_node *node;
  unsigned index = 0;
  uint8_t value[VCCA_MEASUREMENT_SIZE];
  uint64_t status;
  size_t size;
  if (!tree_need(a->root, "index", &node, a->err) || !get_small(&a->reading, a->root, "index", 255, &index, a->err) ||
      !vcca_running_measurement(a->v, index, value, &size, &status, a->err))
    return false;
  put_status(a, status);
  if (status == 0)
    vcca_json_hex(a->j, "value", vcca_span_of(value, size));
  return true;
}

static bool op_extend(struct asked *a)
{
  struct tree_node *node;
  unsigned index = 0;
  vcca_span value;
  uint64_t status;
  if (!tree_need(a->root, "index", &node, a->err) || !get_small(&a->reading, a->root, "index", 255, &index, a->err) ||
      !tree_need(a->root, "value", &node, a->err) || !value_bytes(&a->reading, node, &value, a->err) ||
      !vcca_running_extend(a->v, index, value, &status, a->err))
    return false;
  put_status(a, status);
  return true;
}

static bool op_certificate(struct asked *a)
{
  uint8_t room[VCCA_PAGE];
  vcca_sink cert = VCCA_SINK(room);
  uint64_t status;
  if (!vcca_running_certificate(a->v, &cert, &status, a->err))
    return false;
  put_status(a, status);
  if (status == 0)
    vcca_json_hex(a->j, "certificate", vcca_sink_span(&cert));
  return true;
}

/* --- Files of the guest ------------------------------------------------------------------------------------- */

static bool read_node(struct asked *a, enum driver_node *out)
{
  struct tree_node *node;
  char path[80];
  if (!tree_need(a->root, "path", &node, a->err))
    return false;
  snprintf(path, sizeof path, "%.*s", node->kind == TREE_SCALAR ? (int)node->text.n : 0, (const char *)node->text.p);
  *out = driver_node_at(path);
  return vcca_running_has(a->v, *out) || tree_fail(node, a->err, "the guest has no such file of these drivers");
}

/* A piece of a file; nothing of a device, and at the end. */
static bool op_file(struct asked *a)
{
  enum { PIECE = 16 << 10 };
  enum driver_node node;
  uint64_t from = 0;
  if (!read_node(a, &node) || !get_number(&a->reading, a->root, "from", &from, a->err))
    return false;
  vcca_span file = vcca_running_file(a->v, node),
            rest = vcca_span_sub(file, from < file.n ? (size_t)from : file.n, file.n);
  vcca_json_bool(a->j, "device", driver_is_device(node));
  vcca_json_int(a->j, "size", (int64_t)file.n);
  vcca_json_hex(a->j, "bytes", vcca_span_sub(rest, 0, PIECE));
  return true;
}

static bool op_ioctl(struct asked *a)
{
  struct tree_node *number;
  vcca_span in = {NULL, 0}, rest;
  enum driver_node node;
  uint64_t command = 0;
  struct driver_answer answer;
  if (!read_node(a, &node) || !tree_need(a->root, "number", &number, a->err) ||
      !value_small(&a->reading, number, UINT32_MAX, &command, a->err) ||
      (tree_get(a->root, "in") && !get_bytes(&a->reading, a->root, "in", &in, a->err)) ||
      !vcca_running_ioctl(a->v, node, (uint32_t)command, in, &answer, a->err))
    return false;
  rest = vcca_span_of(answer.bytes, answer.used);
  vcca_json_int(a->j, "result", answer.result);
  if (answer.touch.size > 0) {
    vcca_json_addr(a->j, "touch", answer.touch.address);
    vcca_json_int(a->j, "touch_size", (int64_t)answer.touch.size);
  }
  vcca_json_open(a->j, "writes", '[');
  for (unsigned i = 0; i < answer.writes; i++) {
    vcca_json_open(a->j, NULL, '{');
    vcca_json_int(a->j, "at", answer.write[i].at);
    vcca_json_hex(a->j, "bytes", vcca_span_sub(rest, 0, answer.write[i].size));
    vcca_json_close(a->j);
    rest = vcca_span_sub(rest, answer.write[i].size, rest.n);
  }
  vcca_json_close(a->j);
  return true;
}

/* --- Failures ------------------------------------------------------------------------------------------- */

static bool read_command(struct asked *a, const struct vcca_command **out)
{
  const struct tree_node *node = tree_get(a->root, "command");
  if (!node)
    return true;
  *out = node->kind == TREE_SCALAR ? vcca_command_named(interface_of(a->v), node->text) : NULL;
  return *out ? true
              : tree_fail(node, a->err, "%s has no command of this name; `vcca table %s` lists them",
                          interface_of(a->v)->name, interface_of(a->v)->name);
}

/* By number or by name, with or without the interface's prefix. */
static bool read_status(struct asked *a, uint64_t *out)
{
  const struct vcca_interface *interface = interface_of(a->v);
  struct tree_node *node;
  if (!tree_need(a->root, "status", &node, a->err))
    return false;
  size_t prefix = strlen(interface->name) + 1;
  for (size_t i = 0; node->kind == TREE_SCALAR && i < interface->status_count; i++)
    if (vcca_span_is(node->text, interface->statuses[i].name) ||
        vcca_span_is(node->text, interface->statuses[i].name + prefix)) {
      *out = interface->statuses[i].code;
      return true;
    }
  struct vcca_error ignored;
  return value_number(&a->reading, node, out, &ignored)
             ? true
             : tree_fail(node, a->err, "no status of %s; its names are in docs/commands.md, or give a number",
                         interface->name);
}

static bool inject_rule(struct asked *a, enum vcca_injection_kind kind)
{
  struct vcca_injection rule = {.kind = kind, .times = kind == VCCA_INJECT_DELAY ? 0 : 1};
  struct tree_node *node;
  if (!get_small(&a->reading, a->root, "times", 1000000, &rule.times, a->err))
    return false;
  if (kind != VCCA_INJECT_INCOMPLETE && !read_command(a, &rule.command))
    return false;
  if (kind == VCCA_INJECT_STATUS && !read_status(a, &rule.status))
    return false;
  if (kind == VCCA_INJECT_DELAY &&
      (!tree_need(a->root, "milliseconds", &node, a->err) ||
       !get_small(&a->reading, a->root, "milliseconds", VCCA_INJECT_DELAY_MAX, &rule.milliseconds, a->err)))
    return false;
  return vcca_running_inject(a->v, &rule, a->err);
}

static bool inject_status(struct asked *a)
{
  return inject_rule(a, VCCA_INJECT_STATUS);
}

static bool inject_incomplete(struct asked *a)
{
  return inject_rule(a, VCCA_INJECT_INCOMPLETE);
}

static bool inject_delay(struct asked *a)
{
  return inject_rule(a, VCCA_INJECT_DELAY);
}

/* The VM's own device with other root secrets: everything but the keys, and what is derived from them, is
 * the same. */
static void other_device(struct vcca_device *device)
{
  static const char label[] = "TEST another device";
  const vcca_span huk[] = {vcca_span_of(label, sizeof label - 1), VCCA_SPAN(device->huk)},
                  guk[] = {huk[0], VCCA_SPAN(device->guk)};
  uint8_t value[VCCA_HASH_MAX];
  vcca_hash_parts(VCCA_SHA256, huk, 2, value);
  memcpy(device->huk, value, sizeof device->huk);
  vcca_hash_parts(VCCA_SHA256, guk, 2, value);
  memcpy(device->guk, value, sizeof device->guk);
  memset(device->instance_id, 0, sizeof device->instance_id);
  device->rsa_size = 0;
  snprintf(device->name, sizeof device->name, "TEST another device");
}

/* Another device: one of the same kind with other secrets, a built-in one, or a device image. */
static bool inject_device(struct asked *a)
{
  struct vcca_device device = *vcca_running_device(a->v);
  const struct tree_node *named = tree_get(a->root, "device"), *image = tree_get(a->root, "image");
  enum vcca_chain_kind kind;
  if (named && image)
    return tree_fail(a->root, a->err, "one of \"device\" and \"image\"");
  if (image) {
    if (image->kind != TREE_SCALAR)
      return tree_fail(image, a->err, "the text of a device image was expected");
    if (!vcca_device_load(image->text, &device, a->err))
      return vcca_fail_in(a->err, "device image");
  } else if (named && vcca_chain_kind_named(named->text, &kind)) {
    vcca_device_default(kind, &device);
  } else if (named && !vcca_span_is(named->text, "other")) {
    return tree_fail(named, a->err, "a device is other, rsa, p521 or p384");
  } else {
    other_device(&device);
  }
  return vcca_running_move(a->v, &device, a->err);
}

/* The VM's own device in another lifecycle state. */
static bool inject_lifecycle(struct asked *a)
{
  enum { NON_PLATFORM_ROT_DEBUG = 0x4000 }; /* RMM specification A7.2.3.2.7 */
  struct vcca_device device = *vcca_running_device(a->v);
  struct tree_node *node;
  uint64_t value = NON_PLATFORM_ROT_DEBUG;
  if (!tree_need(a->root, "lifecycle", &node, a->err))
    return false;
  bool debug = node->kind == TREE_SCALAR && vcca_span_is(node->text, "debug");
  if (!debug && !value_small(&a->reading, node, UINT16_MAX, &value, a->err))
    return false;
  device.lifecycle = (uint32_t)value;
  return vcca_running_move(a->v, &device, a->err);
}

static bool inject_none(struct asked *a)
{
  return vcca_running_inject_none(a->v, a->err);
}

static const struct {
  const char *what, *takes;
  bool (*run)(struct asked *a);
} injections[] = {
    {"status", "op what command status times", inject_status},     {"incomplete", "op what times", inject_incomplete},
    {"delay", "op what command milliseconds times", inject_delay}, {"device", "op what device image", inject_device},
    {"lifecycle", "op what lifecycle", inject_lifecycle},          {"none", "op what", inject_none},
};

static bool op_inject(struct asked *a)
{
  struct tree_node *what;
  if (!tree_need(a->root, "what", &what, a->err))
    return false;
  for (size_t i = 0; i < sizeof injections / sizeof *injections; i++)
    if (what->kind == TREE_SCALAR && vcca_span_is(what->text, injections[i].what))
      return tree_only(a->root, injections[i].takes, "this request", a->err) && injections[i].run(a);
  return tree_fail(what, a->err, "what can be injected: status, incomplete, delay, device, lifecycle, none");
}

/* --- Looking in ----------------------------------------------------------------------------------------- */

static bool op_trace(struct asked *a)
{
  uint64_t from = 1;
  if (!get_number(&a->reading, a->root, "from", &from, a->err) ||
      !get_bool(tree_get(a->root, "follow") ? a->root : NULL, "follow", &a->request->follow, a->err))
    return false;
  a->request->trace = true;
  a->request->from = from;
  return true;
}

static bool op_stop(struct asked *a)
{
  a->request->stop = true;
  return true;
}

static bool op_state(struct asked *a)
{
  (void)a;
  return true; /* the whole answer is the state: control_answer */
}

static const struct operation {
  const char *name, *takes;
  bool (*run)(struct asked *a);
} operations[] = {
    {"token", "op challenge", op_token},
    {"measurement", "op index", op_measurement},
    {"extend", "op index value", op_extend},
    {"certificate", "op", op_certificate},
    {"ioctl", "op path number in", op_ioctl},
    {"file", "op path from", op_file},
    {"inject", "op what command status times milliseconds device image lifecycle", op_inject},
    {"state", "op", op_state},
    {"trace", "op from follow", op_trace},
    {"stop", "op", op_stop},
};

static const struct operation *find(const struct tree_node *root, struct vcca_error *err)
{
  struct tree_node *node;
  char hint[80];
  if (root->kind != TREE_MAP || !tree_need(root, "op", &node, err))
    return root->kind == TREE_MAP
               ? NULL
               : (vcca_fail(err, VCCA_FAULT_MALFORMED, "a request is an object: {\"op\": \"state\"}"), NULL);
  for (size_t i = 0; node->kind == TREE_SCALAR && i < sizeof operations / sizeof *operations; i++)
    if (vcca_span_is(node->text, operations[i].name))
      return &operations[i];
  tree_fail(node, err,
            "there is no such operation%s (there are: token, measurement, extend, certificate, ioctl, file, inject, "
            "state, trace, stop)",
            node->kind == TREE_SCALAR
                ? tree_suggest(node->text, "token measurement extend certificate ioctl file inject state trace stop",
                               hint, sizeof hint)
                : "");
  return NULL;
}

void control_refuse(vcca_sink *answer, const char *fmt, ...)
{
  char why[700];
  va_list args;
  va_start(args, fmt);
  vsnprintf(why, sizeof why, fmt, args);
  va_end(args);
  answer->n = 0;
  struct vcca_json j = vcca_json_into(answer, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_bool(&j, "ok", false);
  vcca_json_str(&j, "error", why);
  vcca_json_close(&j);
}

static bool answer_tree(struct asked *a, vcca_sink *answer)
{
  const struct operation *operation = find(a->root, a->err);
  if (!operation || !tree_only(a->root, operation->takes, "this request", a->err))
    return false;
  *a->j = vcca_json_into(answer, VCCA_JSON_LINE);
  if (operation->run == op_state) {
    vcca_running_state(a->v, a->j);
    return true;
  }
  vcca_json_open(a->j, NULL, '{');
  vcca_json_bool(a->j, "ok", true);
  if (!operation->run(a))
    return false;
  vcca_json_close(a->j);
  return vcca_sink_ok(answer) ||
         vcca_fail(a->err, VCCA_FAULT_UNSUPPORTED, "the answer takes %zu bytes, more than a line", answer->n);
}

void control_answer(vcca_running *v, vcca_span line, struct control_request *request, vcca_sink *answer)
{
  struct vcca_error err = {0};
  struct tree_doc doc = {0};
  struct pool pool = {.left = REQUEST_MEMORY};
  char text[700];
  struct vcca_json j;
  struct asked a = {.v = v, .reading = {.pool = &pool}, .request = request, .j = &j, .err = &err};
  *request = (struct control_request){0};
  bool ok = line.n > 0 && line.p[0] == '{'
                ? tree_read(line, &doc, &err)
                : vcca_fail(&err, VCCA_FAULT_MALFORMED, "a request is a line with an object: {\"op\": \"state\"}");
  a.root = doc.root;
  if (!ok || !answer_tree(&a, answer)) {
    *request = (struct control_request){0};
    control_refuse(answer, "%s", vcca_error_text(&err, text, sizeof text));
  }
  tree_free(&doc);
  pool_free(&pool);
}

void vcca_control_answer(vcca_running *v, vcca_span request, vcca_sink *answer)
{
  struct control_request rest;
  control_answer(v, request, &rest, answer);
}
