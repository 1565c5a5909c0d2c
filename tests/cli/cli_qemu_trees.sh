#!/usr/bin/env bash
# A sample of interop/qemu-trees: templates of the QEMU that is installed become, byte for byte, its trees of other VMs. Skipped without one.
# SPDX-License-Identifier: Apache-2.0
set -u
[[ -x ${VCCA:?} ]] || { echo "no $VCCA"; exit 1; }
out=$("${VCCA_SOURCE:?}/interop/qemu-trees" --count 6 --seed 9 2>&1)
code=$?
printf '%s\n' "$out"
exit $code
