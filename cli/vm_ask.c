/* vcca vm ask: one request to a running VM, as it is written.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/vm.h"

static const struct option options[] = {
    OPTION_VM,
    OPTION_OUTPUT,
    OPTION_END,
};

static enum vcca_exit run(const struct args *a)
{
  return vm_ask_shown(a, vcca_span_str(a->operand[0]));
}

const struct verb verb_vm_ask = {
    "vm ask",
    "REQUEST",
    1,
    1,
    "one request of the control socket",
    "Sends a request in the form of the control socket (docs/guest-software.md): token, measurement, extend, "
    "certificate, inject, state. Exit 1 when "
    "the guest's call was refused.",
    "vcca vm ask '{\"op\": \"token\", \"challenge\": \"00112233\"}' -o json\nvcca vm ask '{\"op\": \"measurement\", "
    "\"index\": 0}'",
    options,
    run,
};
