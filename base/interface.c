/* Look-ups in a command table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/interface.h"

#include <string.h>

static uint8_t upper(uint8_t c)
{
  return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool same_name(vcca_span a, const char *b)
{
  if (a.n != strlen(b))
    return false;
  for (size_t i = 0; i < a.n; i++)
    if (upper(a.p[i]) != upper((uint8_t)b[i]))
      return false;
  return true;
}

/* The name without the interface's own name in front: REC_CREATE of RMI_REC_CREATE. */
static vcca_span without_prefix(const struct vcca_interface *interface, vcca_span name)
{
  size_t n = strlen(interface->name);
  bool has = name.n > n && name.p[n] == '_' && same_name(vcca_span_sub(name, 0, n), interface->name);
  return has ? vcca_span_sub(name, n + 1, name.n - n - 1) : name;
}

const struct vcca_command *vcca_command_named(const struct vcca_interface *interface, vcca_span name)
{
  name = without_prefix(interface, name);
  for (size_t i = 0; i < interface->command_count; i++)
    if (same_name(name, interface->commands[i].name))
      return &interface->commands[i];
  return NULL;
}

const struct vcca_command *vcca_command_with_fid(const struct vcca_interface *interface, uint64_t fid)
{
  for (size_t i = 0; i < interface->command_count; i++)
    if (interface->commands[i].fid == fid)
      return &interface->commands[i];
  return NULL;
}

const char *vcca_interface_status(const struct vcca_interface *interface, uint64_t word)
{
  bool indexed = same_name(vcca_span_str(interface->name), "rmi") || same_name(vcca_span_str(interface->name), "tmi");
  uint64_t code = indexed ? word & 0xff : word;
  for (size_t i = 0; i < interface->status_count; i++)
    if (interface->statuses[i].code == code)
      return interface->statuses[i].name;
  return NULL;
}

bool vcca_word_next(const char **list, char sep, vcca_span *name, vcca_span *rest)
{
  const char *at = *list;
  while (*at == ' ')
    at++;
  size_t n = strcspn(at, " ");
  *list = at + n;
  const char *cut = memchr(at, sep, n);
  size_t head = cut ? (size_t)(cut - at) : n;
  *name = vcca_span_of(at, head);
  *rest = cut ? vcca_span_of(cut + 1, n - head - 1) : vcca_span_of(at + n, 0);
  return n > 0;
}
