/* The arguments of VMMs' command lines in every spelling. Spellings that mean the same give the same RIM;
 * an argument that changes the measurement changes the RIM; an argument that the VMM or the model does not
 * take is refused with the reason. Long because each spelling is a row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_vmm.h"

#define HOST "num_bps=6\nnum_wps=4\npmu_num_ctrs=6\nsve_vl=512\npmu=true\nipa_bits=48\n"
#define GIB ((uint64_t)1 << 30)
static uint8_t kernel[8192], firmware[10000], initrd[100];
static struct vcca_vmm_images images;
static struct support_words words;
static struct vcca_error err;

/* The RIM of a command line; false: it is refused, and err says why. */
static bool rim_of(const char *vmm, const char *line, const struct vcca_vmm_images *given, struct vcca_rim *rim)
{
  struct vcca_vmm_plan plan;
  memset(&err, 0, sizeof err);
  bool good = support_plan(vmm, HOST, line, given, &words, &plan, &err);
  if (good)
    vcca_plan_measure(&plan.plan, NULL, NULL, NULL, NULL, rim);
  vcca_vmm_plan_free(&plan);
  return good;
}

struct same {
  const char *base, *line; /* base NULL: that of the row before */
};

static void assert_same(const char *vmm, const struct same *rows, size_t n)
{
  struct vcca_rim base = {0}, rim;
  for (size_t i = 0; i < n; i++) {
    if (rows[i].base && !rim_of(vmm, rows[i].base, &images, &base))
      fail_msg("%s: %s", rows[i].base, err.text);
    if (!rim_of(vmm, rows[i].line, &images, &rim))
      fail_msg("%s %s: %s", vmm, rows[i].line, err.text);
    if (!vcca_span_eq(vcca_rim_digest(&rim), vcca_rim_digest(&base)))
      fail_msg("%s %s: another RIM", vmm, rows[i].line);
  }
}

/* --- QEMU ------------------------------------------------------------------------------------------------- */

#define VM "-M virt,confidential-guest-support=rme0 -cpu host -smp 2 -m 1G -kernel K "
#define RME "-object rme-guest,id=rme0,measurement-algorithm=sha256 "
#define RIGHT VM RME

static void qemu_objects_are_read_in_every_form(void **state)
{
  (void)state;
  static const struct same rows[] = {
      {RIGHT, VM "-object id=rme0,qom-type=rme-guest,measurement-algorithm=sha256"},
      {NULL, VM "-object qom-type=rme-guest,measurement-algorithm=sha256,id=rme0"},
      {NULL, VM
       "-object measurement-algorithm=sha512,qom-type=rme-guest,id=rme0,measurement-algorithm=sha256"}, /* the last counts */
      {NULL, VM "-object rme-guest,id=rme0,measurement-algo=sha256"},
      {NULL, VM "--object rme-guest,id=rme0,measurement-algorithm=sha256,"},
      {NULL, VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"measurement-algorithm\":\"sha256\"}"},
      {NULL, VM "-object {\"measurement-algorithm\":\"sha256\",\"id\":\"rme0\",\"qom-type\":\"rme-guest\"}"},
      {NULL, VM "-object {'qom-type':'rme-guest','id':'rme0','measurement-algorithm':'sha256'}"},
      {NULL, VM "-object {\"qom-type\":\"rme\\u002dguest\",\"id\":\"rme0\",\"measurement-algorithm\":\"sha256\"}"},
      {NULL, RME VM},
      {NULL, "-M virt,confidential-guest-support=r -cpu host -smp 2 -m 1G -kernel K -object "
             "rme-guest,id=r,measurement-algorithm=sha256"},
      {NULL, RME "-object secret,id=s0,data=a,,b " VM
                 "-object {\"qom-type\":\"iothread\",\"id\":\"io1\",\"x\":{\"y\":[1,\"]\"]}}"},
      {NULL, RME "-object rme-guest,id=other,measurement-algorithm=sha512 " VM}, /* which nobody names */
      {NULL, "-M confidential-guest-support=rme0 -M virt -cpu host -smp 2 -m 1G -kernel K " RME},
      {NULL, "-M confidential-guest-support=/objects/rme0 -M virt -cpu host -smp 2 -m 1G -kernel K " RME},
      {NULL,
       "-machine "
       "type=virt-9.2,confidential-guest-support=rme0,accel=kvm,usb=off,gic-version=3,dump-guest-core=off,memory-"
       "backend=mach-virt.ram "
       "-accel kvm -cpu host -smp 2 -m 1G -object memory-backend-ram,id=mach-virt.ram,size=1073741824 -kernel K " RME},
      {VM "-object rme-guest,id=rme0,personalization-value=AAEC,measurement-log=on",
       VM "-object "
          "{\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"personalization-value\":\"AAEC\",\"measurement-log\":true}"},
      {NULL, VM "-object measurement-log=on,personalization-value=AAEC,id=rme0,qom-type=rme-guest"},
      {VM "-object rme-guest,id=rme0,personalization-value=zZ09", /* digits of every kind */
       VM "-object "
          "{\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"personalization-value\":\"\\u007a\\u005A\\u0030\\u0039\"}"},
      {NULL,
       VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"r\\u006D\\u00650\",\"personalization-value\":\"zZ\\u00309\"}"},
      {VM "-object rme-guest,id=rme0",
       VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"measurement-algorithm\":\"sha512\"}"},
      {NULL, "-M virt -cpu host -smp 2 -m 1G -kernel K"}, /* read as the realm it is not */
      {RIGHT, "-M virt -cpu host -smp 2 -m 1G -kernel K " RME},
  };
  assert_same("qemu", rows, sizeof rows / sizeof *rows);
}

static void qemu_machines_sizes_and_cpus_are_read_as_qemu_reads_them(void **state)
{
  (void)state;
  static const struct same rows[] = {
      {"-M virt -m 1536M -kernel K", "-M virt -m 1.5G -kernel K"},
      {NULL, "-M virt -m 1536 -kernel K"},
      {NULL, "-M virt -m 1536m -kernel K"},
      {NULL, "-M virt -m size=1.5g -kernel K"},
      {NULL, "-M virt -m 0x600 -kernel K"},
      {NULL, "-M virt -m 1572864k -kernel K"},
      {NULL, "-M virt -m 1610612736B -kernel K"},
      {NULL, "-M virt -m 0.00146484375T -kernel K"},
      {NULL, "-M virt -m 1.4999999G -m 1536 -kernel K"},
      {NULL, "-M virt -m 1G,size=1.50G -kernel K"},
      {NULL, "-M virt,memory.size=1.5G -kernel K"},
      {NULL, "-M virt-3.0 -m 1536M -kernel K"},
      {NULL, "-M virt-5.2 -m 1536M -kernel K"},
      {NULL, "-M virt-10.1,gic-version=max -m 1536M -kernel K"},
      {NULL, "-machine virt,its=on,highmem=on,acpi=on,iommu=none,secure=off,ras=on -m 1536M -kernel K"},
      {NULL, "-M virt,accel=kvm:tcg -m 1536M -kernel K -cpu max"},
      {NULL, "-M virt -m 1536M -kernel K -accel kvm -accel tcg -cpu host,sve=off -cpu host,kvm-steal-time=off"},
      {"-M virt -m 1073758208B -kernel K",
       "-M virt -m 1.00001G -kernel K"}, /* 8 KiB are the unit: a QEMU 7.2 makes 0x40004000 of it */
      {"-M virt -m 1395867648B -kernel K", "-M virt -m 1.3G -kernel K"}, /* 0x53334000 */
      {"-M virt -kernel K", "-M virt -m 0 -kernel K"},
      {"-M virt -m 64M -kernel K", "-M virt -m 0x40 -kernel K"},
      {"-M virt -m 1G,slots=2,maxmem=4G -kernel K", "-M virt -m slots=2,maxmem=4294967296 -m 1024 -kernel K"},
      {NULL, "-M virt,memory.slots=2,memory.max-size=4g -m 1G -kernel K"},
      {NULL, "-m slots=2,maxmem=4G -M virt,memory.size=1G -kernel K"}, /* each key of -m outranks its own of -M */
      {"-M virt -m 1G -kernel K", "-M virt,memory-backend=m -object memory-backend-ram,id=m,size=1G -kernel K"},
      {"-M virt -m 2G -kernel K", "-m 2G -M virt,memory.size=1G -kernel K"}, /* -m is behind -M wherever it stands */
      {NULL, "-M virt,memory.size=1G -m 2G -kernel K"},
      {NULL, "-M virt,memory-backend=m -m 2G -object memory-backend-ram,id=m,size=2G -kernel K"},
      {NULL, "-M virt,memory-backend=/objects/m -m 2G -object "
             "{\"qom-type\":\"memory-backend-memfd\",\"id\":\"m\",\"size\":2147483648} -kernel K"},
      {"-M virt -m 1G -smp 4 -kernel K", "-M virt -m 1G -smp cpus=0x4 -kernel K"},
      {NULL, "-M virt -m 1G -smp 4,sockets=1,dies=1,clusters=1,cores=4,threads=1,maxcpus=4 -kernel K"},
      {NULL, "-M virt,smp.cpus=4,smp.maxcpus=4 -m 1G -kernel K"},
      {NULL, "-M virt -m 1G -smp sockets=2,cores=2 -kernel K"}, /* the tree that is made has no topology */
      {NULL, "-M virt -m 1G -smp 4,maxcpus=8 -kernel K"},
      {"-M virt -cpu host,pmu=off -kernel K", "-M virt -cpu host,pmu=off,pauth=off,kvm-no-adjvtime=on -kernel K"},
      {NULL, "-M virt -cpu host,sve=off -cpu host,pmu=no -kernel K"},
  };
  assert_same("qemu", rows, sizeof rows / sizeof *rows);
}

static void qemu_words_that_change_nothing_change_nothing(void **state)
{
  (void)state;
  static const struct same rows[] = {
      {RIGHT, RIGHT "-nodefaults -no-user-config -nographic -S -s -daemonize -snapshot -no-shutdown -only-migratable"},
      {NULL, RIGHT "-name guest=r,debug-threads=on -uuid 0 -rtc base=utc -boot strict=on -msg timestamp=on -overcommit "
                   "mem-lock=off"},
      {NULL, RIGHT "-blockdev {\"driver\":\"file\",\"filename\":\"a\",\"node-name\":\"n\"} "
                   "-device {\"driver\":\"virtio-blk-pci\",\"bus\":\"pci.1\",\"drive\":\"n\",\"id\":\"d0\"}"},
      {NULL, RIGHT
       "-device {\"driver\":\"pcie-root-port\",\"port\":8,\"chassis\":1,\"id\":\"pci.1\",\"multifunction\":true}"},
      {NULL, RIGHT "-device virtio-net-pci,netdev=n,romfile= -netdev user,id=n -device driver=qemu-xhci -device "
                   "vhost-vsock-pci,guest-cid=3"},
      {NULL, RIGHT "-drive file=a,if=none,id=h -drive file=b,if=virtio,readonly -cdrom c -serial mon:stdio -chardev "
                   "stdio,id=c -mon c"},
      {NULL, RIGHT "-global virtio-net-pci.mac=a -global driver=cfi.pflash01,property=secure,value=on -set "
                   "device.d0.serial=x -serial none"},
      {NULL, RIGHT "-fw_cfg name=opt/a,string=b -smbios type=1 -sandbox on,obsolete=deny -run-with user=q"},
  };
  assert_same("qemu", rows, sizeof rows / sizeof *rows);
}

struct refusal {
  const char *line, *names;
};

static void assert_refused(const char *vmm, const struct refusal *rows, size_t n)
{
  struct vcca_rim rim;
  for (size_t i = 0; i < n; i++) {
    if (rim_of(vmm, rows[i].line, &images, &rim))
      fail_msg("%s %s: accepted", vmm, rows[i].line);
    if (err.fault != VCCA_FAULT_USAGE || !strstr(err.text, rows[i].names))
      fail_msg("%s %s: no '%s' in: %s", vmm, rows[i].line, rows[i].names, err.text);
  }
}

static void qemu_words_that_are_not_understood_are_errors(void **state)
{
  (void)state;
  static const struct refusal rows[] = {
      {VM, "there is no object 'rme0': make it with -object rme-guest,id=rme0"},
      {VM "-object rme-guest,id=rme1", "there is no object 'rme0'"},
      {VM "-object secret,id=rme0", "that object is a secret"},
      {VM "-object tmm-guest,id=rme0", "vcca measure virtcca"},
      {VM RME RME, "two objects have this id"},
      {VM "-object id=rme0", "it has no type"},
      {VM RME "-object secret,data=x", "it has no id"},
      {VM "-object rme-guest,id=0rme", "an id is a letter"},
      {VM "-object rme-guest,id=rme0,frob=1", "frob is not supported"},
      {VM "-object rme-guest,id=rme0,frob", "expected name=value"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"frob\":true}", "frob is not supported"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"measurement-log\":\"on\"}", "true or false"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"measurement-algorithm\":true}", "a string"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"measurement-algorithm\":{}}", "a string"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\",\"id\":\"rme1\"}",
       "byte 36 of it: JSON: the object has this key already"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\"}x", "continues after its object"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\",}", "a key in quotes"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rme0\"", "a comma or }"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":rme0}", "expected a value"},
      {VM "-object {\"qom-type\":\"rme-guest\",\"id\":\"rm\\x65\"}", "expected a value"},
      {VM "-object {\"qom-type\"", "a colon"},
      {VM "-object {", "a key in quotes"},
      {VM "-object rme-guest,id=rme0,sve-vector-length=512", "early realm branch"},
      {"-M virt,memory-backend=m -m 1G -kernel K", "there is no object 'm'"},
      {"-M virt,memory-backend=m -m 1G -kernel K -object iothread,id=m", "of type iothread"},
      {"-M virt,memory-backend=m -m 1G -kernel K -object memory-backend-ram,id=m,size=2G",
       "has 2147483648 bytes, and -m 1073741824"},
      {"-M virt,memory-backend=m -kernel K -object memory-backend-ram,id=m,size=2G", "without -m"},
      {"-M virt,memory-backend=m -m 1G -kernel K -object memory-backend-ram,id=m", "has no size"},
      {"-M virt,memory-backend=m -m 1G -kernel K -object memory-backend-ram,id=m,size=1GiB", "a size in bytes"},
      {"-M virt-2.12 -kernel K", "before 3.0"},
      {"-M virt-x -kernel K", "virt-VERSION"},
      {"-M virt-9 -kernel K", "virt-VERSION"},
      {"-M virtual -kernel K", "virt-VERSION"},
      {"-M virt,frob=on -kernel K", "frob is not supported"},
      {"-M virt,its -kernel K", "name=value"},
      {"-M virt,accel=tcg -kernel K", "runs under KVM"},
      {"-M virt -accel tcg -accel kvm -kernel K", "runs under KVM"},
      {"-M virt,secure=on -kernel K", "secure"},
      {"-M virt,virtualization=on -kernel K", "virtualization"},
      {"-M virt,mte=on -kernel K", "mte"},
      {"-M virt,highmem-mmio-size=1T -kernel K", "memory maps"},
      {"-M virt,highmem-ecam=off -kernel K", "memory maps"},
      {"-M virt,kernel=K", "option of that name"},
      {"-M virt,pflash0=f -kernel K", "-bios"},
      {"-M virt -drive if=pflash,format=raw,unit=0,file=f -kernel K", "-bios"},
      {"-M virt -pflash f -kernel K", "-bios"},
      {"-M virt,iommu=smmuv3 -kernel K", "with --dtb"},
      {"-M virt -numa node -kernel K", "with --dtb"},
      {"-M virt -device tpm-tis-device,tpmdev=t -kernel K", "-device tpm-tis-device adds to the device tree"},
      {"-M virt -device {\"driver\":\"virtio-iommu-pci\"} -kernel K", "with --dtb"},
      {"-M virt -serial stdio -serial pty -kernel K", "-serial adds"},
      {"-M virt -device loader,file=f,addr=0x50000000 -kernel K", "writes into measured memory"},
      {"-M virt -device file=f,driver=loader -kernel K", "writes into measured memory"},
      {"-M virt -device nvdimm,memdev=m -kernel K", "RAM in addition to -m"},
      {"-M virt -device {\"id\":\"x\"} -kernel K", "no driver"},
      {"-M virt -global host-arm-cpu.pmu=off -kernel K", "use "},
      {"-M virt -global driver=rme-guest,property=measurement-algorithm,value=sha256 -kernel K", "use "},
      {"-M virt -set machine.x.its=off -kernel K", "give the value there"},
      {"-M virt -readconfig f -kernel K", "does not read this file"},
      {"-M virt --incoming defer -kernel K", "measured where it started"},
      {"-M virt -loadvm x -kernel K", "measured where it started"},
      {"-M virt -frob -kernel K", "has no option '-frob'"},
      {"-M virt -m=1G -kernel K", "a separate argument"},
      {"-M virt -kernel K -version", "it starts no VM"},
      {"-M virt -cpu host,lpa2=on -kernel K", "lpa2 is not supported"},
      {"-M virt -cpu host,aarch64=off -kernel K", "aarch64"},
      {"-M virt -cpu host,pmu -kernel K", "name=value"},
      {"-M virt -smp 2,3 -kernel K", "name=value"},
      {"-M virt -smp 2K -kernel K", "a number"},
      {"-M virt -smp 1.5 -kernel K", "a number"},
      {"-M virt -smp 4,dies=2 -kernel K", "can only be 1"},
      {"-M virt -smp 4,frob=2 -kernel K", "frob is not supported"},
      {"-M virt -m 1.5 -kernel K", "a size"},
      {"-M virt -m 1.5B -kernel K", "a size"},
      {"-M virt -m .5G -kernel K", "a size"},
      {"-M virt -m 1e3 -kernel K", "a size"},
      {"-M virt -m 1GiB -kernel K", "a size"},
      {"-M virt -m -1G -kernel K", "a size"},
      {"-M virt -m 0x1.8G -kernel K", "a size"},
      {"-M virt -m 1,slots=0 -kernel K", "give maxmem"},
      {"-M virt -device {\"driver\":\"virtio-rng-pci\" -kernel K", "a comma or }"},
      {"-M virt -m 1E -kernel K", "larger than the address space"},
      {"-M virt -m 99999999999999999999999 -kernel K", "larger than the address space"},
  };
  assert_refused("qemu", rows, sizeof rows / sizeof *rows);
}

/* A device tree of the VMM's own has what the words add to it; a template has it if its VM had. */
static void the_vmms_own_tree_answers_for_what_words_add_to_it(void **state)
{
  (void)state;
  static const struct {
    const char *vmm, *line;
    bool template; /* is enough */
  } rows[] = {
      {"qemu", "-M virt,iommu=smmuv3 -kernel K -m 512", true},
      {"qemu", "-M virt -device tpm-tis-device -kernel K -m 512", true},
      {"qemu", "-M virt -numa node -kernel K -m 512", false},
      {"kvmtool", "-c 1 -m 512 -k K -F flash", true},
      {"kvmtool", "-c 1 -m 512 -k K --override-bad-firmware-cntfrq 1", true},
      {"cloud-hypervisor", "--kernel K --tpm socket=t", true},
      {"cloud-hypervisor", "--kernel K --disk path=a path=b,iommu=on", true},
      {"cloud-hypervisor", "--kernel K --cpus boot=2,topology=1:2:1:1", false},
      {"cloud-hypervisor", "--kernel K --platform num_pci_segments=2", false},
      {"cloud-hypervisor", "--kernel K --numa guest_numa_id=0,cpus=[0-1]", false},
      {"cloud-hypervisor", "--kernel K --pci-segment pci_segment=1", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *plain = strcmp(rows[i].vmm, "qemu") == 0      ? "-kernel K -m 512"
                        : strcmp(rows[i].vmm, "kvmtool") == 0 ? "-c 1 -m 512 -k K"
                                                              : "--kernel K";
    struct vcca_vmm_plan plan;
    struct vcca_rim rim;
    check_ok(support_plan(rows[i].vmm, HOST, plain, &images, &words, &plan, &err), &err, plain);
    struct vcca_vmm_images given = images, edited = images;
    given.dtb = edited.dtb_template = vcca_bytes_span(&plan.dtb);
    assert_false(rim_of(rows[i].vmm, rows[i].line, &images, &rim));
    assert_non_null(strstr(err.text, "give the VMM's own with --dtb"));
    if (!rim_of(rows[i].vmm, rows[i].line, &given, &rim))
      fail_msg("%s: %s", rows[i].line, err.text);
    if (rim_of(rows[i].vmm, rows[i].line, &edited, &rim) != rows[i].template)
      fail_msg("%s with a template: %s", rows[i].line, rows[i].template ? err.text : "accepted");
    vcca_vmm_plan_free(&plan);
  }
  struct vcca_rim rim;
  struct vcca_vmm_images old = images;
  struct vcca_vmm_plan plan;
  check_ok(support_plan("qemu", HOST, "-kernel K -m 512", &images, &words, &plan, &err), &err, "a template");
  old.dtb_template = vcca_bytes_span(&plan.dtb);
  assert_false(rim_of("qemu", "-M virt-6.1 -kernel K -m 512", &old, &rim)); /* without a map of CPUs in its tree */
  assert_true(rim_of("qemu", "-M virt-6.2 -kernel K -m 512", &old, &rim));
  vcca_vmm_plan_free(&plan);
}

/* --- kvmtool ---------------------------------------------------------------------------------------------- */

#define LKVM "-c 2 -m 512M -k K "
static void kvmtool_options_are_read_in_every_form(void **state)
{
  (void)state;
  static const struct same rows[] = {
      {"lkvm run --realm " LKVM, "--realm -c2 -m512 -kK"},
      {NULL, "lkvm-static run --realm --cpus=2 --mem=512 --kernel=K"},
      {NULL, "/usr/bin/lkvm run --cp 2 --mem 512M --kern K --realm"},
      {NULL, "--realm -c 0x2 -m 524288k -k K"},
      {NULL, "--realm -c 2 -m 512@2G -k K"},
      {NULL, "--realm -c 2 -m 512M@2048 -k K"},
      {NULL, "--realm -c 2 -m 512M@2097152K -k K"},
      {NULL, "--realm -c 2 -m 512M K"}, /* the first word of its own is the kernel */
      {NULL, "K --realm -c 2 -m 512M"},
      {NULL, LKVM "--realm --dump-dtb vm.dtb"},
      {NULL, LKVM "--realm --dump vm.dtb --dtb vm.dtb"},
      {NULL, LKVM "--realm --network virtio"},
      {NULL, LKVM "--realm --network"},
      {NULL, LKVM "-n --realm"},
      {NULL, LKVM "-n mode=user,trans=pci,guest_mac=00:11:22:33:44:55 --realm"},
      {NULL, LKVM "--realm --kaslr-seed 0x1234 --no-kaslr-seed"},
      {NULL, LKVM "--realm --kaslr-seed=7 --debug --loglevel=warning --console serial --irqchip=gicv3-its"},
      {NULL, LKVM "--realm --vnc --no-vnc --gtk --sdl --sandbox s --nodefaults --no-nodefaults"},
      {NULL, LKVM "--realm --no-dhcp --no-no-dhcp --no-pvtime --hugetlbfs /h --dev /dev/kvm --vcpu-affinity 0-3"},
      {NULL, LKVM "--pmu --no-pmu --disable-sve --no-disable-sve --measurement-log --no-measurement-log --no-realm"},
      {NULL, LKVM
       "-i i --no-initrd -p a --no-params --rng --balloon --vsock 3 --9p a,b -d disk"}, /* on PCI, they are in no tree */
      {NULL, LKVM "--virtio-transport pci-legacy --force-pci --virtio-legacy"},
      {LKVM "--virtio-transport mmio --rng", LKVM "--rng --virtio-transport mmio-legacy --rng --rn"},
      {NULL, LKVM "--virtio-transport=mmio --vsock 3"},
      {NULL, LKVM "--virtio-transport=mmio --console virtio-x --vsock 0"},
      {NULL, LKVM "--virtio-transport=mmio --console virtio --console serial --balloon"},
      {LKVM "--virtio-transport mmio",
       LKVM "--virtio-transport mmio --rng --no-rng --vsock 3 --no-vsock --console virtio --no-console"},
      {NULL, LKVM "--virtio-transport mmio -n mode=none,trans=x -n tap"},
      {LKVM "--realm-pv abc", LKVM "--realm-pv-hex 616263"},
      {NULL, LKVM "--realm-pv=abc"},
      {LKVM "--measurement-algo sha512", LKVM "--measurement-al=sha512"},
      {LKVM "-n trans=mmio", LKVM "-n trans,mmio"},  /* strtok cuts at both */
      {"-c 1 -m 512 -f F", "-c 1 -m 512 -f F -i i"}, /* which kvmtool says it ignores */
      {"-c 1 -m 512 -f F --firmware-address 0x80200000", "-c 1 -m 512 -f F --firmware-a 0x80200000"},
  };
  assert_same("kvmtool", rows, sizeof rows / sizeof *rows);
}

static void kvmtools_ram_lies_where_its_address_says(void **state)
{
  (void)state;
  static const struct {
    const char *line;
    uint64_t base, s2sz;
  } rows[] = {{"-c 1 -m 512 -k K", 2 * GIB, 33},
              {"-c 1 -m 512@3G -k K", 3 * GIB, 33},
              {"-c 1 -m 512@4096 -k K", 4 * GIB, 34},
              {"-c 1 -m 1G@8G -k K", 8 * GIB, 35}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_plan plan;
    uint8_t reg[8]; /* of the memory node */
    for (unsigned k = 0; k < 8; k++)
      reg[k] = (uint8_t)(rows[i].base >> (56 - 8 * k));
    check_ok(support_plan("kvmtool", HOST, rows[i].line, &images, &words, &plan, &err), &err, rows[i].line);
    assert_int_equal(plan.plan.ram_base, rows[i].base);
    assert_int_equal(plan.plan.ripas[0].base, rows[i].base);
    assert_int_equal(plan.plan.params.s2sz, rows[i].s2sz);
    assert_int_equal(plan.plan.boot_rec.pc, rows[i].base);
    assert_int_equal(plan.plan.boot_rec.gprs[0] - rows[i].base, 0xfe00000);
    bool told = false;
    for (size_t at = 0; at + 8 <= plan.dtb.n; at++)
      told |= memcmp(plan.dtb.p + at, reg, 8) == 0;
    assert_true(told);
    vcca_vmm_plan_free(&plan);
  }
}

static void kvmtool_words_that_are_not_understood_are_errors(void **state)
{
  (void)state;
  static const struct refusal rows[] = {
      {LKVM "--de", "is short for --debug"}, /* and --debug-iodelay, --dev */
      {LKVM "--no", "is short for"},
      {LKVM "-x", "has no option '-x'"},
      {LKVM "-nx -x", "has no option '-x'"},
      {LKVM "K2", "there is one already"},
      {LKVM "-- K2", "'--'"},
      {LKVM "--aarch32", "AArch32"},
      {LKVM "--help", "it starts no VM"},
      {LKVM "-h", "it starts no VM"},
      {LKVM "--no-mem", "--no-mem is not supported"},
      {LKVM "--no-realm=1", "takes no value"},
      {LKVM "--kaslr-seed x", "a number"},
      {LKVM "--realm-pv-hex 6", "hexadecimal"},
      {LKVM "--virtio-transport usb", "mmio-legacy"},
      {LKVM "--override-bad-firmware-cntfrq 1000", "with --dtb"},
      {"-c 2 -m 1.5G -k K", "a size"},
      {"-c 2 -m 512MB -k K", "a size"},
      {"-c 2 -m 0x200 -k K", "a size"},
      {"-c 2 -m 512M@1G -k K", "not below 2 GiB"},
      {"-c 2 -m 512M@2049M -k K", "a multiple of 2 MiB"},
      {"-c 2 -m @2G -k K", "a size"},
  };
  assert_refused("kvmtool", rows, sizeof rows / sizeof *rows);
}

/* --- cloud-hypervisor ------------------------------------------------------------------------------------- */

static void cloud_hypervisor_options_are_read_in_every_form(void **state)
{
  (void)state;
  static const struct same rows[] = {
      {"--cpus boot=2 --memory size=1G --kernel K",
       "cloud-hypervisor-static --cpus=boot=2 --memory=size=1G --kernel=K"},
      {NULL, "--cpus boot=2,max=4,affinity=[0@[1-3],1@[2,4]],features=amx --memory "
             "size=1073741824,shared=on,hugepages=on,thp=off --kernel K"},
      {NULL, "--cpus boot=2 --memory size=1048576K,mergeable=off,hotplug_method=acpi,hotplug_size=0 --kernel K"},
      {NULL, "--cpus boot=2 --memory size=1G --kernel K --disk path=a path=b,readonly=on --disk path=c --net "
             "tap=,mac=,ip=,mask= -v"},
      {NULL, "--cpus boot=2 --memory size=1G --kernel K -vvv --fs tag=a,socket=s --vsock cid=3,socket=s --rng "
             "src=/dev/urandom --rtc --pvpanic"},
      {NULL, "--cpus boot=2 --memory size=1G --kernel K --platform "
             "uuid=x,serial_number=y,oem_strings=[a,b],num_pci_segments=1"},
      {NULL, "--cpus boot=2 --memory size=1G --kernel K --landlock --landlock-rules path=/a,access=rw path=/b,access=r "
             "--seccomp true --log-format json"},
      {NULL, "--cpus boot=2 --memory size=1G --kernel K --serial tty --console off --api-socket path=/s "
             "--event-monitor path=/e --no-shutdown"},
      {NULL, "--cpus boot=2 --memory size=1G --kernel K --serial file=\"a,b\" --gdb g --user-device socket=s --device "
             "path=/sys/x,iommu=off"},
      {NULL, "--platform arm_rme=on --cpus boot=2 --memory size=1G --kernel K"},
      {"--kernel K --platform personalization_value=AAEC",
       "--kernel K --platform arm_rme=on,measurement_algo=sha512,personalization_value=AAEC"},
      {"--kernel K --platform personalization_value=AAEC", "--kernel K --platform personalization_value=\"AAEC\""},
  };
  assert_same("cloud-hypervisor", rows, sizeof rows / sizeof *rows);
}

static void cloud_hypervisor_words_that_are_not_understood_are_errors(void **state)
{
  (void)state;
  static const struct refusal rows[] = {
      {"--kernel K --kern K", "has no option"},
      {"--kernel K stray", "has no option 'stray'"},
      {"--kernel K --kernel K", "takes --kernel only once"},
      {"--kernel K --cpus boot=2 --cpus max=2", "takes --cpus only once"},
      {"--kernel K --cpus 2", "name=value"},
      {"--kernel K --cpus boot=0x2", "a number"},
      {"--kernel K --cpus boot=2,max_phys_bits=40", "max_phys_bits"},
      {"--kernel K --cpus boot=2,frob=1", "frob is not supported"},
      {"--kernel K --memory size=1g", "without a unit it is in bytes"},
      {"--kernel K --memory size=1T", "without a unit it is in bytes"},
      {"--kernel K --memory size=1.5G", "without a unit it is in bytes"},
      {"--kernel K --memory size=512", "4 KiB"}, /* bytes */
      {"--kernel K --memory size=1G,hotplug_size=1G", "added later"},
      {"--kernel K --memory size=1G,frob=1", "frob is not supported"},
      {"--kernel K --platform tdx=on", "tdx is not supported"},
      {"--kernel K --serial uart", "off, pty, tty"},
      {"--kernel K --cmdline -a", "join one that starts with a hyphen by ="},
      {"--kernel K --restore source_url=file:///x", "measured where it started"},
      {"--kernel K --version", "it starts no VM"},
      {"--kernel K --igvm i", "--kernel"},
      {"--kernel K --platform oem_strings=[a,b", "not closed"},
  };
  assert_refused("cloud-hypervisor", rows, sizeof rows / sizeof *rows);
}

int main(void)
{
  support_header(kernel, 0, 0x200000);
  memset(firmware, 0x55, sizeof firmware);
  images.kernel = VCCA_SPAN(kernel);
  images.initrd = VCCA_SPAN(initrd);
  images.firmware = VCCA_SPAN(firmware);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(qemu_objects_are_read_in_every_form),
      cmocka_unit_test(qemu_machines_sizes_and_cpus_are_read_as_qemu_reads_them),
      cmocka_unit_test(qemu_words_that_change_nothing_change_nothing),
      cmocka_unit_test(qemu_words_that_are_not_understood_are_errors),
      cmocka_unit_test(the_vmms_own_tree_answers_for_what_words_add_to_it),
      cmocka_unit_test(kvmtool_options_are_read_in_every_form),
      cmocka_unit_test(kvmtools_ram_lies_where_its_address_says),
      cmocka_unit_test(kvmtool_words_that_are_not_understood_are_errors),
      cmocka_unit_test(cloud_hypervisor_options_are_read_in_every_form),
      cmocka_unit_test(cloud_hypervisor_words_that_are_not_understood_are_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
