#!/usr/bin/env bash
# Certification paths beside another program: openssl makes sets of certificates with something odd in each, at random by a seed, and judges
# them; vcca must say the same. Left out is what the two mean to see differently (docs/verifier.md): a critical extended key usage, and names of
# forms that vcca does not compare.
#   VCCA_CHAINS=300 VCCA_CHAINS_SEED=7    a longer run; VCCA_CHAINS_KEEP=FOLDER keeps the sets that differ
# SPDX-License-Identifier: Apache-2.0
set -u
command -v openssl >/dev/null || { echo "SKIPPED: no openssl"; exit 77; }
[[ $(openssl version) == "OpenSSL 3"* ]] || { echo "SKIPPED: not OpenSSL 3"; exit 77; }
vcca=${VCCA:?} count=${VCCA_CHAINS:-24} RANDOM=${VCCA_CHAINS_SEED:-1}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
token=${VCCA_SOURCE:?}/vectors/arm-1.0/good.cbor
[[ -f $token ]] || token=$(find "$VCCA_SOURCE/vectors" -name '*.cbor' | sort | head -n 1)
at=$(($(date +%s) + 86400 * 30)) # openssl dates certificates by the clock
stamp=$(date -u -d "@$at" +%Y%m%d%H%M%SZ)
bad=0 good=0 refused=0

for k in 0 1 2 3 4 5; do openssl ecparam -name prime256v1 -genkey -noout -out "k$k.pem" 2>/dev/null; done

# sign NAME SUBJECT KEY ISSUER-CERT ISSUER-KEY EXTENSIONS [DAYS] [STRING-TYPE]: one certificate; "self" signs itself.
serial=100
sign() {
  printf '[req]\ndistinguished_name=d\nprompt=no\nstring_mask=%s\n[d]\n%s\n[v]\n%s\n' "${8:-utf8only}" "$2" "$6" >c.cnf
  openssl req -new -key "k$3.pem" -config c.cnf -out c.csr 2>/dev/null || return 1
  serial=$((serial + 1))
  local ca=(-CA "$4" -CAkey "k$5.pem")
  [[ $4 == self ]] && ca=(-signkey "k$3.pem")
  openssl x509 -req -in c.csr "${ca[@]}" -set_serial $serial -days "${7:-3650}" -extfile c.cnf -extensions v -out "$1" 2>sign.txt
}

CA=$'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash'
EE=$'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid'
pathlen() { one=$'basicConstraints=critical,CA:TRUE,pathlen:'$1$'\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash'; }
pick_pathlen() { pick "$@" && pathlen "$one"; }
# one of the words, in $one: a subshell would draw from a sequence of its own
pick() { local n=$((RANDOM % $#)); shift "$n"; one=$1; }

for ((i = 0; i < count; i++)); do
  pick plain names selfissued pathlen notca nosign forged expired akid nc-dns nc-dn excluded critical missing cross circle deep order junk multi
  kind=$one
  root_ext=$CA sub_ext=$CA leaf_ext=$EE root_name=$'O=Example\nCN=Root' sub_name=$'O=Example\nCN=Sub' leaf_name=$'O=Example\nCN=Leaf' sub_days=3650 sub_mask=utf8only
  extra=()
  case $kind in
  names) pick nombstr pkix utf8only default; sub_mask=$one ;;
  pathlen) pick_pathlen 0 1 2; root_ext=$one; pick_pathlen 0 1; sub_ext=$one ;;
  selfissued) pick_pathlen 1 2; root_ext=$one ;;
  notca) sub_ext=$'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyCertSign\nsubjectKeyIdentifier=hash' ;;
  nosign) sub_ext=$'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\nsubjectKeyIdentifier=hash' ;;
  expired) pick 29 31; sub_days=$one ;;
  nc-dns) pick example.com .example.com other.com com; sub_ext+=$'\nnameConstraints=critical,permitted;DNS:'$one
    pick a.example.com example.com A.EXAMPLE.COM aexample.com b.other.com; leaf_ext+=$'\nsubjectAltName=DNS:'$one ;;
  nc-dn) pick Example EXAMPLE Examples 'Example '; sub_ext+=$'\nnameConstraints=critical,permitted;dirName:n\n[n]\nO='$one ;;
  excluded) pick DNS:example.com 'IP:10.0.0.0/255.0.0.0' DNS:x.org; sub_ext+=$'\nnameConstraints=critical,excluded;'$one
    pick DNS:a.example.com IP:10.1.2.3 IP:11.1.2.3; leaf_ext+=$'\nsubjectAltName='$one ;;
  critical) pick 1.2.3.4=critical,DER:0500 1.2.3.4=DER:0500 extendedKeyUsage=serverAuth certificatePolicies=critical,1.2.3.4; sub_ext+=$'\n'$one ;;
  esac
  sign root.pem "$root_name" 0 self 0 "$root_ext" || { echo "cannot make $kind"; cat sign.txt; bad=1; break; }
  sign sub.pem "$sub_name" 1 root.pem 0 "$sub_ext" "$sub_days" || { echo "cannot make $kind"; cat sign.txt; bad=1; break; }
  # the subject that signs the leaf may be spelt otherwise in the leaf's issuer
  cp sub.pem issuer.pem
  if [[ $kind == names ]]; then
    pick $'O=EXAMPLE\nCN=sub' $'O= Example\nCN=Sub ' $'O=Example\nCN=Su b' $'O=Example\nCN=Sub'
    sign issuer.pem "$one" 1 root.pem 0 "$CA" 3650 "$sub_mask" || { bad=1; break; }
  fi
  key=1
  [[ $kind == forged ]] && { sign issuer.pem "$sub_name" 2 root.pem 0 "$CA"; key=2; leaf_ext=${leaf_ext%$'\n'authority*}; }
  [[ $kind == akid ]] && { pick aabbccdd ccddeeff; sign issuer.pem "$sub_name" 1 root.pem 0 "${CA/subjectKeyIdentifier=hash/subjectKeyIdentifier=$one}"
    sign sub.pem "$sub_name" 1 root.pem 0 "${CA/subjectKeyIdentifier=hash/subjectKeyIdentifier=aabbccdd}"; }
  sign leaf.pem "$leaf_name" 3 issuer.pem $key "$leaf_ext" || { echo "cannot make $kind"; cat sign.txt; bad=1; break; }
  certs=(sub.pem)
  case $kind in
  missing) certs=() ;;
  selfissued) # the root's new key, certified by its old one, and a sub below the new key
    sign new.pem "$root_name" 4 root.pem 0 "$CA" && sign sub.pem "$sub_name" 1 new.pem 4 "$CA" && sign leaf.pem "$leaf_name" 3 sub.pem 1 "$EE"
    certs=(new.pem sub.pem) ;;
  cross) # the sub is certified by an unknown root too, which comes first
    sign other.pem $'O=Other\nCN=Root' 5 self 5 "$CA" && sign cross.pem "$sub_name" 1 other.pem 5 "$CA"
    certs=(cross.pem sub.pem other.pem) ;;
  circle) sign two.pem $'CN=Two' 4 sub.pem 1 "$CA" && sign back.pem "$sub_name" 1 two.pem 4 "$CA"; certs=(two.pem back.pem); ((RANDOM % 2)) && certs+=(sub.pem) ;;
  deep) pick_pathlen 0 1 && sign two.pem $'CN=Two' 4 sub.pem 1 "$one" && sign three.pem $'CN=Three' 5 two.pem 4 "$CA" && sign leaf.pem "$leaf_name" 3 three.pem 5 "$EE"
    certs=(three.pem two.pem sub.pem) ;;
  order | multi) sign two.pem $'CN=Two' 4 sub.pem 1 "$CA" && sign leaf.pem "$leaf_name" 3 two.pem 4 "$EE"; certs=(two.pem sub.pem two.pem); ((RANDOM % 2)) && certs=(sub.pem two.pem) ;;
  junk) printf -- '-----BEGIN CERTIFICATE-----\nMAMC\n-----END CERTIFICATE-----\n' >junk.pem; extra=(junk.pem) ;;
  esac
  # openssl follows the first issuer of the right name; a path is there when it finds one in this order or in the other
  theirs=no forth=() back=()
  for c in "${certs[@]}"; do forth+=(-untrusted "$c"); back=(-untrusted "$c" "${back[@]}"); done
  openssl verify -attime "$at" -CAfile root.pem "${forth[@]}" leaf.pem >theirs.txt 2>&1 && theirs=yes
  [[ $theirs == yes ]] || { openssl verify -attime "$at" -CAfile root.pem "${back[@]}" leaf.pem >/dev/null 2>&1 && theirs=yes; }
  chain=(--chain root.pem)
  if ((RANDOM % 2)); then
    for c in "${certs[@]}" "${extra[@]}"; do chain+=(--chain "$c"); done
  else
    cat "${certs[@]}" root.pem "${extra[@]}" >all.pem
    chain=(--chain all.pem)
  fi
  "$vcca" token verify "$token" --cert leaf.pem "${chain[@]}" --at $stamp >ours.txt 2>&1
  ours=no
  grep -q '^chain  *pass' ours.txt && ours=yes
  [[ $theirs == yes ]] && good=$((good + 1)) || refused=$((refused + 1))
  if [[ $ours != "$theirs" ]]; then
    echo "set $i ($kind): openssl says $theirs, vcca $ours"
    tail -n 2 theirs.txt
    grep '^chain' ours.txt
    [[ -n ${VCCA_CHAINS_KEEP:-} ]] && mkdir -p "$VCCA_CHAINS_KEEP/$i" && cp -- *.pem "$VCCA_CHAINS_KEEP/$i"
    bad=$((bad + 1))
  fi
done
echo "$i sets: openssl takes $good and refuses $refused; $bad differ"
exit $((bad > 0))
