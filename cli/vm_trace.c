/* vcca vm trace: the calls of a running VM.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/vm.h"
#include "rooms/json.h"
#include "rooms/guest.h"
#include "rooms/text.h"

static const struct option options[] = {
    OPTION_VM,
    {"from", 0, "N", false, "from this call on; default the oldest that is kept"},
    {"follow", 'f', NULL, false, "go on with each call as it is made"},
    OPTION_END,
};

/* Whether the line is a call; the last one is the server's answer. */
static bool show(vcca_span line)
{
  char ok[8];
  if (vcca_client_member(line, "ok", ok, sizeof ok))
    return false;
  vcca_text_write(stdout, line);
  vcca_print(stdout, "\n");
  return fflush(stdout) == 0;
}

static enum vcca_exit run(const struct args *a)
{
  const char *socket = args_get(a, "vm");
  uint8_t text[120];
  vcca_sink request = VCCA_SINK(text);
  uint64_t from = 1;
  struct vcca_error err;
  if (!args_u64(a, "from", INT64_MAX, &from, &err))
    return fail(a, &err);
  struct vcca_json j = vcca_json_into(&request, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "op", "trace");
  vcca_json_int(&j, "from", (int64_t)from);
  vcca_json_bool(&j, "follow", args_has(a, "follow"));
  vcca_json_close(&j);
  vcca_client *client = vcca_client_open(socket ? socket : VM_SOCKET, &err);
  vcca_span line;
  bool end = false;
  bool ok = client && vcca_client_ask(client, vcca_sink_span(&request), &line, &err);
  while (ok && !end && show(line))
    ok = vcca_client_line(client, &line, &end, &err);
  vcca_client_close(client);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_vm_trace = {
    "vm trace",
    "",
    0,
    0,
    "the calls of a running VM",
    "Prints calls of host and guest as lines of JSON, as `vcca run --trace` does. The last 1000 are kept.",
    "vcca vm trace --follow\nvcca vm trace --from 100",
    options,
    run,
};
