/* Reading a binary file that may have come as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "rooms/armor.h"
#include "rooms/text.h"
#include "rooms/files.h"
#include "rooms/wrapped.h"
#include "vcca/armor.h"

/* Puts what a text stands for in its place, and says so. Always true: what stands for nothing stays as it
 * is. */
static bool open_armor(const struct args *a, const char *path, const char *names, struct vcca_bytes *out)
{
  enum vcca_armor armor;
  struct vcca_error why = {0};
  size_t text = out->n;
  if (!vcca_armor_open(out, names, &armor, &why))
    vcca_print(stderr, "vcca %s: note: %s is not binary: %s\n", a->verb->name, path, why.text);
  else if (armor != VCCA_ARMOR_NONE)
    vcca_print(stderr, "vcca %s: note: %s is %s of %zu characters, read as the %zu bytes it stands for\n",
               a->verb->name, path, vcca_armor_name(armor), text, out->n);
  return true;
}

bool read_binary(const struct args *a, const char *path, const char *names, struct vcca_bytes *out,
                 struct vcca_error *err)
{
  return vcca_files_read(a->files, path, CLI_SMALL_MAX, out, err) && open_armor(a, path, names, out);
}

bool read_wrapped(const struct args *a, const char *path, struct vcca_bytes *token, struct vcca_unwrapped *wrapped,
                  struct vcca_error *err)
{
  struct vcca_bytes file = {NULL, 0};
  *wrapped = (struct vcca_unwrapped){{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
  if (!vcca_files_read(a->files, path, CLI_SMALL_MAX, &file, err))
    return false;
  if (!vcca_looks_wrapped(vcca_bytes_span(&file)) || !vcca_unwrap(vcca_bytes_span(&file), wrapped, NULL)) {
    *token = file;
    return open_armor(a, path, VCCA_ARMOR_TOKEN, token);
  }
  vcca_print(stderr, "vcca %s: note: %s is wrapped evidence: a token of %zu bytes is in it\n", a->verb->name, path,
             wrapped->token.n);
  *token = wrapped->token;
  wrapped->token = (struct vcca_bytes){NULL, 0};
  vcca_bytes_free(&file);
  return true;
}
