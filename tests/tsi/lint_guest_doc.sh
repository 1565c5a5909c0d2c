#!/usr/bin/env bash
# The program in docs/guest.md is the one the tests build and run.
# SPDX-License-Identifier: Apache-2.0
set -eu
diff <(sed -n '/^```c$/,/^```$/{/^```/d;p}' "$VCCA_SOURCE/docs/guest.md") "$VCCA_SOURCE/tests/tsi/unit_guest_example.c"
