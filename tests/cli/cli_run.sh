#!/usr/bin/env bash
# What vcca run tells: of a step that failed the reason with its values, whatever was expected; with --verbose the values that each step led
# to; of a refused call why.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
complain() { printf '%s\n' "$*"; bad=1; }

scenario() { # steps on stdin
  { printf 'vcca: 1\nname: a test\nprofile: arm-rmm-1.0\ndevice: p384\nfamily: arm-1.0\nimages:\n  kernel: {make: kernel, size: 64K, seed: 4}\nsteps:\n'; cat; } >"$dir/s.yaml"
}
says() { # exit code, pattern, options
  local want=$1 pattern=$2 text code; shift 2
  text=$("$vcca" run "$@" "$dir/s.yaml" 2>&1); code=$?
  [[ $code -eq $want ]] && grep -qE -- "$pattern" <<<"$text" || complain "run $*: exit $code, not $want with /$pattern/: $text"
}
token='  - boot: {kernel: $kernel}
  - guest.token: {challenge: {hash: sha-512, of: {text: sent}}}
    as: token'
verify='  - verify: {token: $token, trust: device, challenge: {hash: sha-512, of: {text: not sent}}}'

scenario <<<"$token
$verify"
says 1 'expected verdict accepted, got rejected at freshness: token [0-9a-f]+\.\., expected [0-9a-f]+'
for expectation in 'verdict: accepted' 'check: none' 'freshness: pass' 'rim: pass, verdict: accepted'; do
  scenario <<<"$token
$verify
    expect: {$expectation}"
  says 1 'got rejected at freshness: token [0-9a-f]+\.\., expected [0-9a-f]+'
done

# refused calls: the field, its value and what is allowed; the state of the granule; the guest's own calls
scenario <<'YAML'
  - rmi.granule_delegate: {addr: 0x88000000}
  - rmi.granule_delegate: {addr: 0x88001000}
  - rmi.realm_create: {rd: 0x88000000, params: {s2sz: 52, rtt_base: 0x88001000, rtt_level_start: 0, rtt_num_start: 1}}
YAML
says 1 'got ERROR_INPUT \(0x1\) for params_supp: .*: s2sz is 52, the machine allows 32 to 48\.$'
# a field that a page has not is found before the first step is carried out
scenario <<'YAML'
  - rmi.version: {req: 0}
  - rmi.rec_create: {rd: 0, rec: 0, params: {flags: 1, mpdir: 1}}
YAML
says 3 's.yaml:10:56: unknown key "mpdir" in this page, did you mean "mpidr"'
says 3 'unknown key' --trace "$dir/none.jsonl"
[[ ! -s $dir/none.jsonl ]] || complain "a step was carried out: $(head -1 "$dir/none.jsonl")"

scenario <<<"  - rmi.rec_create: {rd: 0, rec: 0, params: {aux: [$(seq -s, 1 17)]}}"
says 3 's.yaml:9:[0-9]+: .*16'

# what tamper cannot do is refused, not left out
for how in 'xor: 256' 'at: x, xor: 1' 'put: {hex: 0}' 'append: {hex: zz}' 'cut: 3' 'at: 2, xor: 1'; do
  scenario <<<"  - tamper: {of: {hex: 0011}, $how}"
  says 3 's.yaml:9:[0-9]+: '
done

# the fields of a page lie where the command reads them
field() { # pattern, fields: of CVM_CREATE with pmu_num_cnts and ttt_, of REALM_CREATE with pmu_num_ctrs and rtt_
  local pattern=$1 fields="s2sz: 40, num_bps: 1, num_wps: 1, $2"; shift 2
  [[ $fields == *s2sz*s2sz* ]] && fields=${fields#s2sz: 40, }
  [[ $fields == *num_bps*num_bps* ]] && fields=${fields/num_bps: 1, /}
  [[ $fields == *num_wps*num_wps* ]] && fields=${fields/num_wps: 1, /}
  scenario <<<"  - rmi.granule_delegate: {addr: 0x88000000}
  - rmi.realm_create: {rd: 0x88000000, params: {$fields}}"
  says 1 "$pattern"
  scenario <<<"  - tmi.cvm_create: {numa_set: 0, params: {${fields//rtt_/ttt_}}}"
  sed -i 's/arm-rmm-1.0/virtcca/; s/p384/p521/; s/arm-1.0/virtcca-p521/; s/pmu_num_ctrs/pmu_num_cnts/' "$dir/s.yaml"
  says 1 "$pattern"
}
field 's2sz is 99, the machine allows 32 to ' 's2sz: 99'
field 'num_bps is 99, the machine allows ' 'num_bps: 99'
field 'num_wps is 99, the machine allows ' 'num_wps: 99'
field 'sve_vl is 98, the machine allows ' 'flags: 2, sve_vl: 98'
field 'pmu_num_ctrs is 97, the machine allows ' 'flags: 4, pmu_num_ctrs: 97'
field 'for params_valid: .*: it is 96, ' 'hash_algo: 96'
field 'for .tt_num_level: .*: level 3, 7 tables, s2sz 40' 'rtt_level_start: 3, rtt_num_start: 7'

# which auxiliary granule, and what REC_CREATE's parameters say
for spec in '0x88003008' '0x88003000, 0x88004000, 0x88003000' '0x88004000, 0x88002000' '0x88003000' '' 'mpidr'; do
  mpidr=0; [[ $spec == mpidr ]] && { mpidr=3; spec=''; }
  scenario <<YAML
  - rmi.granule_delegate: {addr: 0x88000000 + \$i*4K}
    repeat: 3
  - rmi.realm_create: {rd: 0x88000000, params: {s2sz: 40, num_bps: 1, num_wps: 1, rtt_base: 0x88001000, rtt_level_start: 0, rtt_num_start: 1}}
  - rmi.rec_create: {rd: 0x88000000, rec: 0x88002000, params: {mpidr: $mpidr, num_aux: $(wc -w <<<"$spec"), aux: [$spec]}}
YAML
  case $spec$mpidr in
    0x88003008*) says 1 'for aux_align: .*: aux\[0\] is 0x88003008\.$' ;;
    *0x88003000,*) says 1 'for aux_alias: .*: aux\[0\] and aux\[2\] are both 0x88003000\.$' ;;
    *0x88002000*) says 1 'for aux_alias: .*0x88002000: aux\[1\] is 0x88002000 too\.$' ;;
    0x88003000*) says 1 'for aux_state: .*: aux\[0\], 0x88003000, is UNDELEGATED\.$' ;;
    0) says 1 'for num_aux: .*: it is 0, REC_AUX_COUNT tells 16\.$' ;;
    3) says 1 'for mpidr_index: .*; it is 0x3, the next one has index 0\.$' ;;
  esac
done
scenario <<'YAML'
  - rmi.realm_activate: {rd: 0x88000000}
YAML
says 1 'for rd_state: The granule at rd 0x88000000 is not a realm descriptor \(state RD\): that granule is UNDELEGATED, Non-secure\.$'
scenario <<'YAML'
  - boot: {kernel: $kernel}
  - guest.extend: {index: 1, value: {text: a}}
  - rsi.measurement_extend: {index: 9, size: 3, value: {hex: 00}}
    expect: {status: ERROR_INPUT, refused: index_bound}
  - guest.extend: {index: 0, value: {text: a}}
YAML
says 1 '^step 1: boot$' --verbose
says 1 '^        rim +[0-9a-f]{64} \(32 bytes\)$' --verbose
says 1 '^        rem1? +[0-9a-f]{64} \(32 bytes\)$|^        rem0 +[0-9a-f]{64}' --verbose
says 1 '^step 3: rsi.measurement_extend: as expected, got ERROR_INPUT \(0x1\) for index_bound: index 9 is not 1 to 4' --verbose
says 1 'step 4 \(guest.extend\): expected status SUCCESS, got ERROR_INPUT \(0x1\) for index_bound: index 0 is not 1 to 4'

# with --verbose: what each step led to, without zeros, checks that had nothing to go by, and registers that have names
scenario <<'YAML'
  - boot: {kernel: $kernel}
    as: vm
  - guest.extend: {index: 1, value: {text: a}}
  - rmi.features: {index: 1}
  - guest.token: {challenge: {hash: sha-512, of: {text: sent}}}
    as: token
  - token: $token
    expect: {family: arm-1.0, challenge: {hash: sha-512, of: {text: sent}}, rim: $vm.rim, platform_challenge: {hash: sha-256, of: $token.rak},
             lifecycle: 0x3003, components: 13, size: 2061}
  - verify: {token: $token, trust: device, challenge: {hash: sha-512, of: {text: sent}}, any_lifecycle: true}
YAML
told=$("$vcca" run --verbose "$dir/s.yaml" 2>&1 | sed -nE 's/^step ([0-9]+).*/\1:/p; s/^ {8}([a-z_0-9-]+) .*/\1/p' | tr '\n' ' ')
token='size family challenge rim rem0 rak platform platform_challenge instance_id implementation_id lifecycle components'
want="1: ram_base ram_size dtb_ipa rd recs scratch rim 2: rem0 3: value 4: calls entries bytes $token 5: bytes $token 6: \
verdict check structure family chain platform-signature realm-signature binding freshness lifecycle "
[[ $told == "$want" ]] || complain "told is: $told"
scenario <<<'  - token: {hex: 00}'
says 1 'step 1 \(token\): byte 0 \(0x0\): collection: unsigned integer where tag is wanted'

# several conditions hold at once: all are told, and every status that the specification permits
scenario <<'YAML'
  - boot: {kernel: $kernel}
    as: vm
  - rmi.data_create: {rd: $vm.rd, data: 0x1001, ipa: 0x1001, src: 0x3001, flags: 2}
    expect: {status: any-of}
  - rmi.realm_activate: {rd: $vm.rd}
    expect: {status: {any-of: [ERROR_INPUT, RMI_ERROR_REALM]}}
YAML
says 0 '^        holds +flags_valid src_align .* realm_state ipa_align rtt_walk$' --verbose
says 0 '^        permitted +ERROR_INPUT \(0x1\) ERROR_REALM \(0x2\) ERROR_RTT \(0x[0-9a-f]+\)$' --verbose
sed -i 's/RMI_ERROR_REALM/ERROR_RTT/' "$dir/s.yaml"
says 1 'expected one of the statuses listed, got ERROR_REALM'
sed -i 's/ERROR_RTT/ERROR_RTX/' "$dir/s.yaml"
says 3 's.yaml:[0-9]+:[0-9]+: rmi has no status "ERROR_RTX", did you mean "ERROR_RTT"'
scenario <<'YAML'
  - rmi.version: {req: 0x10000}
    expect: {status: any-of}
YAML
says 1 'expected a refusal, got SUCCESS'
exit $bad
