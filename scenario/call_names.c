/* Names of statuses, as steps spell them, and commands that answer with a value.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scenario/runner.h"
#include "rooms/interface.h"
#include "rooms/span.h"

/* "RMI_ERROR_INPUT" without the interface's prefix. */
static const char *short_name(const struct vcca_interface *interface, const char *name)
{
  size_t prefix = strlen(interface->name);
  return strlen(name) > prefix && name[prefix] == '_' ? name + prefix + 1 : name;
}

const char *status_text(const struct vcca_interface *interface, uint64_t word)
{
  const char *name = vcca_interface_status(interface, word);
  return name ? short_name(interface, name) : "UNKNOWN";
}

void status_words(const struct vcca_interface *interface, char *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap - 1);
  for (size_t i = 0; i < interface->status_count; i++) {
    vcca_sink_str(&out, i ? " " : "");
    vcca_sink_str(&out, interface->statuses[i].name);
    vcca_sink_str(&out, " ");
    vcca_sink_str(&out, short_name(interface, interface->statuses[i].name));
  }
  buf[vcca_sink_ok(&out) ? out.n : 0] = '\0';
}

bool answers_by_value(const struct vcca_command *command)
{
  vcca_span name, kind;
  const char *outputs = command ? command->outputs : "";
  return vcca_word_next(&outputs, ':', &name, &kind) && vcca_span_is(kind, "result");
}
