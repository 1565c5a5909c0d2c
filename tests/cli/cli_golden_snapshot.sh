#!/usr/bin/env bash
# The committed suite, of every family, is what this version makes.
# SPDX-License-Identifier: Apache-2.0
set -u
out=$("${VCCA:?}" golden check "${VCCA_SOURCE:?}/vectors" 2>&1) || { tail -n 12 <<<"$out"; exit 1; }
[[ $out == *' 0 different, 0 that do not'* ]]
