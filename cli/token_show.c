/* vcca token show: what is in a token, or where it breaks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "rooms/wrapped.h"
#include "rooms/token.h"
#include "rooms/error.h"
#include "rooms/json.h"
#include "rooms/leniency.h"
#include "rooms/cbor.h"
#include "rooms/text.h"

static const struct option options[] = {
    {"output", 'o', "text|json|diag", false,
     "claims as text (default), as JSON, or annotated diagnostic notation of the bytes"},
    {"lenient", 0, "NAMES", false,
     "take also what no specification permits: names from vcca table leniencies, with commas between"},
    OPTION_END,
};

static void text(const void *what, vcca_sink *out)
{
  vcca_token_text(what, out);
}

static void diag(const void *what, vcca_sink *out)
{
  const vcca_span *bytes = what;
  (void)vcca_cbor_diag(*bytes, vcca_claim_name, out, NULL);
}

static void json(const struct vcca_token *token)
{
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  enum vcca_family family;
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-token-1", vcca_token_family(token, &family) ? vcca_family(family)->name : NULL);
  vcca_token_json(token, &j);
  vcca_json_close(&j);
}

/* A whole token, or a platform token alone: CBOR tag 18, or the array it may have lost the tag of. */
static bool decode(vcca_span bytes, vcca_leniency_set allowed, struct vcca_token *token, struct vcca_error *err)
{
  bool alone = bytes.n > 0 && (bytes.p[0] == 0xd2 || bytes.p[0] == 0x84);
  return alone ? vcca_token_decode_platform_lenient(bytes, allowed, token, err)
               : vcca_token_decode_lenient(bytes, allowed, token, err);
}

static enum vcca_exit run(const struct args *a)
{
  const char *how = args_get(a, "output");
  bool as_diag = how && strcmp(how, "diag") == 0, as_json = how && strcmp(how, "json") == 0;
  if (how && !as_diag && !as_json && strcmp(how, "text") != 0)
    return usage(a, "--output %s: text, json or diag", how);
  struct vcca_bytes file = {0};
  struct vcca_error err;
  vcca_leniency_set allowed = 0;
  if (args_has(a, "lenient") && !vcca_leniencies_named(vcca_span_str(args_get(a, "lenient")), &allowed, &err))
    return fail(a, &err);
  struct vcca_unwrapped wrapped;
  if (!read_wrapped(a, a->operand[0], &file, &wrapped, &err))
    return fail(a, &err);
  vcca_unwrapped_free(&wrapped);
  vcca_span bytes = vcca_bytes_span(&file);
  struct vcca_token token;
  bool good = decode(bytes, allowed | vcca_leniencies_permitted(), &token, &err);
  enum vcca_exit code = VCCA_EXIT_YES;
  if (as_diag)
    code = print_sink(a, diag, &bytes);
  else if (good && as_json)
    json(&token);
  else if (good)
    code = print_sink(a, text, &token);
  if (!good) {
    vcca_fail_in(&err, a->operand[0]);
    code = fail(a, &err);
    if (!as_diag)
      vcca_print(stderr, "See it with: vcca token show -o diag %s\n", a->operand[0]);
  }
  vcca_bytes_free(&file);
  return code;
}

const struct verb verb_token_show = {
    "token show",
    "FILE",
    1,
    1,
    "what is in a token, or where it breaks",
    "Decodes a token and prints its claims, and which forms it has that are not the plainest. A broken token is "
    "explained: byte offset, path, claim, "
    "and what was expected there. A platform "
    "token alone (a COSE_Sign1) is shown too. No signature is checked; see `vcca token verify`.",
    "vcca token show token.cbor\nvcca token show --lenient der-signature,indefinite-length token.cbor\nvcca token show "
    "-o diag broken.cbor",
    options,
    run,
};
