#!/usr/bin/env bash
# Every RIM that the reference tools publish comes out of the command line: cca-realm-measurements (QEMU, kvmtool, event log), its parameter
# vectors, the worked chain of kvmtool, and the virtCCA SDK's gen_rim_ref.
# SPDX-License-Identifier: Apache-2.0
set -u
vcca=${VCCA:?} bad=0 rows=0
[[ -x $vcca ]] || { echo "no $vcca"; exit 1; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir" || exit 1

expect() { # RIM (possibly cut short, 63 digits at least), words of vcca measure...
  local want=$1 got; shift
  rows=$((rows + 1))
  got=$("$vcca" measure "$@" 2>err | sed -n 's/^RIM: //p')
  [[ ${#want} -ge 63 && -n $got && $got == "$want"* ]] && return
  printf 'vcca measure %s:\n  %s\n  is not %s\n  %s\n' "$*" "$got" "$want" "$(cat err)"
  bad=1
}
hex() { printf '%s' "${1// /}" | sed 's/../\\x&/g' | { read -r text; printf '%b' "$text"; }; }
zeros() { head -c "$1" /dev/zero; }

printf 'FW CONTENT' >fw
printf 'INITRD CONTENT' >initrd
put() { hex "$2" | dd of=linux.bin bs=1 seek=$(($1)) conv=notrunc status=none; }
zeros 256 >linux.bin # the first 256 bytes of a Linux Image: text_offset 0, image_size 0x2d10000, the PE header of its EFI stub
put 0 4d5a40fa3bf47314
put 0x10 0000d102000000000a
put 0x38 41524d64400000005045000064aa02
put 0x54 a80006020b0202140000e2010000ee00000000002ca7d90100000100000000000000000000000100000200000000000003
put 0x90 0000d10200000100000000000a000001
put 0xc4 07
put 0xf8 98c9ea011c

# --- parameters alone
ops() { printf 'vcca-ops: 1\nprofile: arm-rmm-1.0\noperations:\n  - create: {s2sz: 48, num_bps: %s, num_wps: %s, hash: %s}\n' "$@" >ops.yaml; }
ops 1 1 sha-256
expect 6739dfb22b75ee1268d08dfa8369f501bc0b066243553f069f560d1fa1172973 ops ops.yaml
ops 1 1 sha-512
expect 799e434048fb57eb9d4f0e2a2b98158720377252deab2bdfcd69b5a8f82237f434bd6bb1c75bf160a2d49382f733b3439a3ff769e4ea5dd9a6f72239d44bbbab ops ops.yaml

# --- an event log: header with two algorithms, VM VERSION, REALM_CREATE
{
  zeros 4; hex '03000000'; zeros 20; hex '25000000'; printf 'Spec ID Event03\0'; zeros 4; hex '00026a02 02000000 0b002000 0d004000 00'
  zeros 4; hex '03000000 01000000 0b00'; zeros 32; hex '74000000'; printf 'VM VERSION'; zeros 6; printf kvmtool; zeros 65
  hex '0000200000000000 0004000000000000 0000004000000000 80000000'
  zeros 4; hex '06000000 01000000 0b00'; zeros 32; hex '16000000 01000000 0e000000'; zeros 8; hex '300005030000'
} >boot.log
expect 8960d56826370aaa6fc9b3a041d4240689582ba41e2ad8bb8f9adf6d2a0cd5e7 log boot.log

# --- kvmtool
K=(kvmtool --num-wps 6 --num-bps 6)
expect 998dfdf6401d69f73ed88ac53d62d5ea2cfac6320b887ce4599aa8671791d4d0 "${K[@]}" -- --realm -c 1 -m 512M
expect 998dfdf6401d69f73ed88ac53d62d5ea2cfac6320b887ce4599aa8671791d4d0 "${K[@]}" -- --realm -c 1 -m 512M --debug --debug-single-step --debug-mmio \
  --force-pci --no-pvtime --vcpu-affinity AFF --disable-mte
expect cf37146fce0ad50e1be1a04580c1024e5449b430b0dd96b6ef5c9a2b73767bf5 "${K[@]}" -f fw -- --realm -c 1 -m 512M --firmware firmware

# each step of that chain
"$vcca" measure "${K[@]}" -f fw --trace - --output-dtb k.dtb -- --realm -c 1 -m 512M -f firmware 2>/dev/null >trace
[[ $(sha256sum <k.dtb) == ab6b78f0244b8a346ed9eb8e8b7560c59cd8f93a4a9f0a1cfbb7fcd1ed3a9c13* ]] || { echo "kvmtool's device tree is another"; bad=1; }
while read -r rim; do
  grep -q "\"rim\": *\"$rim\"" trace || { echo "the chain of kvmtool does not pass $rim"; bad=1; }
  rows=$((rows + 1))
done <<'RIMS'
9abbddd3cf68930801ba9475b12b0036bf43bd1399a161b178751d2f7b2880c3
0d689b3cc196521b25f66e6c3bbdc2b8ea72e115a3bfa922c90c4c73ed798345
365183bedfd6b2b008421cd9987384ebad20438e6cb3a9a1b6dbdfef3ca1aec7
e7bb6d28bf8034d7764da637acace2409ce2fd9148c83679c307ac4c31e3fc9c
dc293bf5e692d314d7dcd8789dcce789ac5d1322d04c9a03819c8146529db94e
cf37146fce0ad50e1be1a04580c1024e5449b430b0dd96b6ef5c9a2b73767bf5
RIMS

# --- QEMU
Q=(qemu --num-wps 6 --num-bps 6 --ipa-bits 52 --pmu-num-ctrs 6)
none=cf409055d866eea6c8d5e7862b540ff1cac9b11f125d088587d5ae97a0e3341667cf8fb3983e7377bca5c01d037bd97081ebf3b4dcb648442149749f4d65eeb0
expect $none "${Q[@]}"
expect $none "${Q[@]}" -- -M virt,gic-version=host
expect $none "${Q[@]}" -- -cpu pmu=off
expect $none "${Q[@]}" --pmu true -- -cpu pmu=off
expect 8120ef921a987a3f8b9d4bb5e40f8489e2b4fc69c5e1b17b1a9b040884a1211d99b2bddc3fddcc99ec99f4244743fe3dcd3d9020583b47f7b66a2ec66bb897b9 \
  "${Q[@]}" -- -cpu pmu=on
expect ef4e6f78ea9630f66146b33a405a07b669ef94dd9aca6935d4fd23fea32f98f964241a2f9a9c20c9fcd74e20031c51c4beb8e577873e0348e891ee2d727e2807 \
  "${Q[@]}" -- -cpu pmu=on,num-pmu-counters=2
VM=(-M confidential-guest-support=rme0 -cpu host -M virt -enable-kvm -m 1G -nographic)
M=("${Q[@]}" -f fw -k linux.bin -i initrd -- "${VM[@]}" -smp 2 -object rme-guest,id=rme0,measurement-algorithm=sha256)
bios=cbf533a94009dfa6b83016a89b428d1d910fb3593856bb386d7b2bd07a1bc834
expect $bios "${M[@]}" -bios firmware
expect $bios "${M[@]}" -bios firmware -kernel Image
expect fd3ce1072c3e95cd3a4d1a07729756564f260f9f7e95014418b416673a268b7a "${M[@]}" -bios firmware -kernel Image -append root=/dev/vda2
expect e8862e21b8eb6b4bdeeff244dc59d2935c26d92c52d346f06e224fe712267a6 "${M[@]}" -kernel Image
expect 9af47a8e4d6ac775e05f8a8893f9e383694688719d1bbb4281ed1c25056e0911 "${M[@]}" -kernel Image -initrd initrd
expect 22d398e695e776385bc268454587b418dde16e34bc69d9a24fc96abb3050a24e "${M[@]}" -kernel Image -initrd initrd -append root=/dev/vda2
D=("${VM[@]}" -object rme-guest,id=rme0,measurement-algorithm=sha512 -dtb output.dtb -bios firmware)
tree=3175b3c0c201081ad410defe6c32e145fd77ff03e63518a9f00831b12b6ec2070f743f43f0ff3290902ecebd4e6bea8d5926dca19dc1a06fb8d51d551a4a2b79
expect $tree "${Q[@]}" -f fw --output-dtb output.dtb -- "${D[@]}" -smp 2
expect $tree "${Q[@]}" -f fw --dtb output.dtb --output-dtb again.dtb -- "${D[@]}" -smp 8
cmp output.dtb again.dtb || bad=1
expect 68308d30762b7aa26f749d512864c0e0ad112e9626b8bf1c5486efe32b94b8d8ce8d736089ebf0850a91fda5422852294b679795202ed429fd8512b20b000728 \
  "${Q[@]}" -f fw --dtb-template output.dtb -- "${D[@]}" -smp 8
gzip -k linux.bin
expect e8862e21b8eb6b4bdeeff244dc59d2935c26d92c52d346f06e224fe712267a6 "${Q[@]}" -k linux.bin.gz -- "${VM[@]}" -smp 2 \
  -object rme-guest,measurement-algorithm=sha256 -kernel Image.gz

# --- virtCCA: gen_rim_ref
pattern() { # COUNT FROM FACTOR OFFSET: bytes FACTOR * i + OFFSET for i in FROM..COUNT-1
  local i text=
  for ((i = $2; i < $1; i++)); do printf -v text '%s\\x%02x' "$text" $((($3 * i + $4) & 255)); done
  printf '%b' "$text"
}
{ zeros 16; hex '0030000000000000'; zeros 32; hex '41524d64'; zeros 4; pattern 8192 64 7 3; } >k
pattern 5000 0 5 1 >i
pattern 10000 0 11 2 >f
# The program takes any bytes as a device tree, and its published values are of such: the rule below gives them. vcca wants a tree, so that its
# values are compared with the rule's for one.
cat >gen_rim_ref.py <<'PY'
import hashlib, struct, sys
MIB2 = 2 << 20
sha = lambda b: hashlib.sha256(b).digest()
files = {n: open(n, "rb").read() for n in "kif"}

def rim(dtb, images, vcpus, sve=0, pmu=0):
    flags = (2 if sve else 0) | (4 if pmu else 0)
    page = bytearray(4096)
    struct.pack_into("<QI4xI", page, 0, flags, 40, sve // 128)
    page[0x28] = pmu
    chain = sha(bytes(page))
    def put(kind, *fields):
        nonlocal chain
        chain = sha((struct.pack("<B7xQ", kind, 256) + chain.ljust(64, b"\0") + b"".join(fields)).ljust(256, b"\0"))
    def data(base, size, content):
        for at in range(0, size, 4096):
            put(0, struct.pack("<QQ", base + at, 1), sha(content[at:at + 4096].ljust(4096, b"\0")))
    up = lambda n: (n // MIB2 + 1) * MIB2
    ram, entry, at = 0x40000000, 0x40000000, 0x48000000
    if "f" in images:
        data(0, 128 << 20, files["f"])
        entry, at = 0, ram
    else:
        image_size, = struct.unpack_from("<Q", files["k"], 16)
        tree = at + (up(len(files["i"])) if "i" in images else 0)
        code = struct.pack("<6I2Q", 0x580000c0, 0xaa1f03e1, 0xaa1f03e2, 0xaa1f03e3, 0x58000084, 0xd61f0080, tree, ram + MIB2)
        data(ram, MIB2, code)
        data(ram + MIB2, (image_size + 4095) // 4096 * 4096, files["k"])
        if "i" in images:
            data(at, up(len(files["i"])), files["i"])
        at = tree
    data(at, up(len(dtb)), dtb)
    for i in range(vcpus):
        put(1, sha(struct.pack("<10Q", *[0] * 8, entry if i == 0 else 0, 1 if i == 0 else 0)))
    return chain.hex()

rows = (("ki", 1), ("ki", 4, 128, 1), ("ki", 4, 128, 1), ("k", 2, 256, 6), ("k", 2, 256, 6), ("ki", 0), ("f", 1), ("f", 4, 128, 1), ("f", 4, 0, 1),
        ("f", 4, 0, 1))
published = """
4cd678705c3ef2911616645a0afd69eb4ec83faf60886eafca2240b3909e2b9e
32fbddc9d96a9fd14318e11b53d6a0a7afdcc711efafbfc5c54c0f6686311860
32fbddc9d96a9fd14318e11b53d6a0a7afdcc711efafbfc5c54c0f6686311860
1675a8263a1d2d3e2a334873bb3a74c98ae47c90f2f4a01d5a3384212272fc50
1675a8263a1d2d3e2a334873bb3a74c98ae47c90f2f4a01d5a3384212272fc50
183b7ab060bb54a560b515f01c1ed3315868706ad038d002e0b464784cb9abdb
9774bd96b312e007f175d1a9716c68e133977f9bfc35b4bcefbfa5177247abc8
7a2337a5fc95b5649eab30f1056d58b46ca808a5a00739182b363e0058c99a24
4e5c9bb05a2391374671b9e16d00d9a632ab903a509ab8cd873120f3c4f6bc07
4e5c9bb05a2391374671b9e16d00d9a632ab903a509ab8cd873120f3c4f6bc07
""".split()
fake = b"\xd0\x0d\xfe\xed" + bytes((3 * i) & 255 for i in range(996))
assert [rim(fake, *row) for row in rows] == published
tree = struct.pack(">4I", 1, 0, 2, 9)
tree = struct.pack(">10I", 0xd00dfeed, 1000, 56, 56 + len(tree), 40, 17, 16, 0, 0, len(tree)) + bytes(16) + tree
tree = tree.ljust(1000, b"\x5a")
open("d", "wb").write(tree)
print(*(rim(tree, *row) for row in rows))
PY
published=$(python3 gen_rim_ref.py) || { echo "the rule does not give the published values"; exit 1; }
read -ra published <<<"$published"
i=0
while read -r -a words; do
  expect "${published[i]}" "${words[@]}"
  i=$((i + 1))
done <<'ROWS'
virtcca -k k -i i --dtb d --vcpus 1
virtcca -k k -i i --dtb d --vcpus 4 --sve 128 --pmu 1
virtcca-2025 -k k -i i --dtb d --vcpus 4
virtcca -k k --dtb d --vcpus 2 --sve 256 --pmu 6
kata -k k --dtb d --vcpus 2 --sve 256 --pmu 6
virtcca -k k -i i --dtb d
virtcca -f f --dtb d --vcpus 1
virtcca -f f --dtb d --vcpus 4 --sve 128 --pmu 1
virtcca -f f --dtb d --vcpus 4 --pmu 1
virtcca-2025 -f f --dtb d --vcpus 4
ROWS
[[ $i -eq 10 ]] || bad=1
vops() { printf 'vcca-ops: 1\nprofile: virtcca\noperations:\n  - create: {flags: %s, s2sz: 40, sve_vl: %s, pmu_num_ctrs: %s}\n' "$@" >ops.yaml; }
vops 0 0 0; expect 69c7b37493bb272a73b5540b00de2ddd1d891a6e74f927f9969ce59868b67fd3 ops ops.yaml
vops 6 1 1; expect 9b9fe7e2338ece5821abcd19e8f93cfae9193a0596bee2dddb2452abbad852f3 ops ops.yaml
vops 4 0 1; expect 08a8401b4343ec7550d5d2505823982c5a3868316653ef3906af2acfd3df255e ops ops.yaml

echo "$rows published values"
exit $bad
