/* Reading a binary file that may have come as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "rooms/armor.h"
#include "rooms/text.h"
#include "rooms/files.h"

bool read_binary(const struct args *a, const char *path, const char *names, struct vcca_bytes *out,
                 struct vcca_error *err)
{
  enum vcca_armor armor;
  struct vcca_error why = {0};
  if (!vcca_files_read(a->files, path, CLI_SMALL_MAX, out, err))
    return false;
  size_t text = out->n;
  if (!vcca_armor_open(out, names, &armor, &why))
    vcca_print(stderr, "vcca %s: note: %s is not binary: %s\n", a->verb->name, path, why.text);
  else if (armor != VCCA_ARMOR_NONE)
    vcca_print(stderr, "vcca %s: note: %s is %s of %zu characters, read as the %zu bytes it stands for\n",
               a->verb->name, path, vcca_armor_name(armor), text, out->n);
  return true;
}
