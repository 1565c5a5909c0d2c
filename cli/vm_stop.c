/* vcca vm stop: the end of a running VM.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/vm.h"

static const struct option options[] = {
    OPTION_VM,
    OPTION_END,
};

static enum vcca_exit run(const struct args *a)
{
  return vm_ask(a, VCCA_SPAN_LIT("{\"op\": \"stop\"}"), NULL);
}

const struct verb verb_vm_stop = {
    "vm stop",
    "",
    0,
    0,
    "end a running VM",
    "Ends the VM and the process that keeps it, which removes its socket and its mounts.",
    "vcca vm stop",
    options,
    run,
};
