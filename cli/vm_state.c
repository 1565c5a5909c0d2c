/* vcca vm state: a running VM as it is.
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
  return vm_ask_shown(a, VCCA_SPAN_LIT("{\"op\": \"state\"}"));
}

const struct verb verb_vm_state = {
    "vm state",
    "",
    0,
    0,
    "a running VM: measurements, device, failures that wait",
    "Shows the VM that `vcca vm start` or `vcca exec` keeps: RIM and REMs as they are now, the device whose keys sign, "
    "how many calls were made, and "
    "the failures that vcca vm inject left waiting.",
    "vcca vm state\nvcca vm state -o json",
    options,
    run,
};
