/* Boots as an attacker's log tells them. The registers of every log here are right, as those of a guest are
 * that extends what it likes: what must give a lie away is its place. Each row changes one honest boot,
 * modelled on that of a real machine. Long because the attacks are a table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/span.h"

enum {
  SEPARATOR = 4,
  TAG = 6,
  FLAGS = 0xa,
  IPL = 0xd,
};
#define APPLICATION 0x80000003u
#define DRIVER 0x80000004u
#define GPT 0x80000006u
#define ACTION 0x80000007u

#define CALLING "Calling EFI Application from Boot Option"
#define RETURNING "Returning from EFI Application from Boot Option"
#define EXIT "Exit Boot Services Invocation"
#define EXITED "Exit Boot Services Returned with Success"
#define LINUX "/vmlinuz-1 root=/dev/vda quiet"
#define INITRD_TAG "\xec\x22\x3b\x8f\x0d\0\0\0Linux initrd"
#define OPTIONS_TAG "\xed\x22\x3b\x8f\x1a\0\0\0LOADED_IMAGE::LoadOptions"

struct line {
  uint32_t reg, type;
  vcca_span data, hashed; /* hashed.p NULL: the data */
};
#define DATA(s)                         \
  {                                     \
    (const uint8_t *)(s), sizeof(s) - 1 \
  }
#define SELF(reg, type, data) \
  {                           \
    reg, type, DATA(data),    \
    {                         \
      NULL, 0                 \
    }                         \
  }
#define OF(reg, type, data, hashed)     \
  {                                     \
    reg, type, DATA(data), DATA(hashed) \
  }
#define COMMAND(text) OF(3, IPL, "grub_cmd: " text "\0", text)
#define FILE_(name, content) OF(3, IPL, name "\0", content)
#define CMDLINE(text) OF(3, IPL, "kernel_cmdline: " text "\0", text)

enum place {
  ACPI,
  SETUP_END,
  ROM,
  CALL,
  BOOT_END,
  GRUB,
  MODULE,
  CONFIG,
  SET,
  INSMOD,
  LOADED,
  LOAD_KERNEL,
  KERNEL,
  KERNEL_LINE,
  LOAD_INITRD,
  INITRD,
  LEAVE,
  LEFT,
  PLACES
};
static const struct line honest[PLACES] = {
    [ACPI] = OF(1, FLAGS, "ACPI DATA", "tables"),
    [SETUP_END] = SELF(1, SEPARATOR, "\0\0\0\0"),
    [ROM] = OF(2, DRIVER, "a device path", "option ROM"),
    [CALL] = SELF(2, ACTION, CALLING),
    [BOOT_END] = SELF(2, SEPARATOR, "\0\0\0\0"),
    [GRUB] = OF(2, APPLICATION, "image load event", "the boot loader"),
    [MODULE] = FILE_("(hd0)/normal.mod", "normal"),
    [CONFIG] = FILE_("(hd0)/grub.cfg", "the configuration"),
    [SET] = COMMAND("set timeout=5"),
    [INSMOD] = COMMAND("insmod gzio"),
    [LOADED] = FILE_("(hd0)/gzio.mod", "gzio"),
    [LOAD_KERNEL] = COMMAND("linux " LINUX),
    [KERNEL] = FILE_("/vmlinuz-1", "the kernel"),
    [KERNEL_LINE] = CMDLINE(LINUX),
    [LOAD_INITRD] = COMMAND("initrd /initramfs-1.img"),
    [INITRD] = FILE_("/initramfs-1.img", "the initramfs"),
    [LEAVE] = SELF(2, ACTION, EXIT),
    [LEFT] = SELF(2, ACTION, EXITED),
};
enum { UNEXPLAINED = 4 }; /* ACPI, ROM, MODULE, LOADED */

/* One change: the line at a place becomes another, is gone (reg 0), or has another before it. */
enum how { NONE, INSTEAD, BEFORE };
struct change {
  enum how how;
  enum place at;
  struct line line;
};
#define GONE         \
  {                  \
    0, 0, {NULL, 0}, \
    {                \
      NULL, 0        \
    }                \
  }
enum { CHANGES = 8 };

static void put_line(struct made *m, const struct line *l)
{
  uint8_t digest[32];
  if (l->reg == 0)
    return;
  vcca_hash(VCCA_SHA256, l->hashed.p ? l->hashed : l->data, digest);
  log_bytes(m, l->reg, l->type, digest, l->data);
}

static void put_boot(struct made *m, const struct change *changes)
{
  for (unsigned p = 0; p <= PLACES; p++) {
    const struct line *line = p < PLACES ? &honest[p] : NULL;
    for (size_t i = 0; i < CHANGES; i++)
      if (changes && changes[i].how == BEFORE && changes[i].at == p)
        put_line(m, &changes[i].line);
      else if (changes && changes[i].how == INSTEAD && changes[i].at == p)
        line = &changes[i].line;
    if (line)
      put_line(m, line);
  }
}

static struct made made;

/* The evidence of the boot: the RIM is known, the log alone explains the REMs. */
static struct made *evidence_of(const struct change *changes)
{
  make_plan(&made);
  begin_log(&made);
  put_boot(&made, changes);
  make_evidence(&made);
  memset(made.evidence.rem, 0, sizeof made.evidence.rem);
  made.evidence.policy = NULL;
  made.evidence.reference_store = vcca_span_of(NULL, 0);
  return &made;
}

static int executables(const struct vcca_verdict *verdict)
{
  struct vcca_appraisal appraisal;
  vcca_appraise(verdict, &appraisal);
  return appraisal.submods[VCCA_SUBMOD_REALM].vector[VCCA_EXECUTABLES];
}

static const char *text_of(const struct vcca_verdict *verdict)
{
  static char room[8192];
  vcca_sink out = vcca_sink_of(room, sizeof room - 1);
  vcca_verdict_text(verdict, &out);
  room[vcca_sink_ok(&out) ? out.n : 0] = '\0';
  return room;
}

/* --- Lies ------------------------------------------------------------------------------------------------- */

static const struct attack {
  const char *what, *reason; /* part of image-reference's */
  struct change changes[CHANGES];
} attacks[] = {
    {"an unknown application before GRUB",
     "was started where the reference's boot loader should be",
     {{BEFORE, GRUB, OF(2, APPLICATION, "image", "evil")}}},
    {"an unknown application after GRUB",
     "is no reference value",
     {{BEFORE, LEAVE, OF(2, APPLICATION, "image", "evil")}}},
    {"an unknown application before the boot option",
     "was started where the reference's boot loader should be",
     {{BEFORE, ROM, OF(2, APPLICATION, "image", "evil")}}},
    {"an application called a driver",
     "what is loaded after the boot option was called is an application",
     {{BEFORE, GRUB, OF(2, DRIVER, "image", "evil")}}},
    {"an application called a runtime driver",
     "is an application",
     {{BEFORE, GRUB, OF(2, 0x80000005u, "image", "evil")}}},
    {"an application called a variable that it is the data of",
     "is an application",
     {{BEFORE, GRUB, SELF(2, 0x80000001u, "MZ23456789abcdef\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0n\0abc")}}},
    {"an application called an unknown event",
     "an unknown event in register 2",
     {{BEFORE, GRUB, OF(2, 0x12345678u, "image", "evil")}}},
    {"an application called an action that it is the text of",
     "is an application",
     {{BEFORE, GRUB, SELF(2, ACTION, "MZ evil")}}},
    {"an application called a separator that it is the data of",
     "a separator is four bytes",
     {{BEFORE, GRUB, SELF(2, SEPARATOR, "MZ evil")}}},
    {"an application called a partition table that it is the data of",
     "is an application",
     {{BEFORE, GRUB, SELF(2, GPT, "MZ evil")}}},
    {"an application called a driver, and the call of the boot option one too",
     "that of an action of the firmware",
     {{INSTEAD, CALL, OF(2, DRIVER, "image", CALLING)}, {BEFORE, GRUB, OF(2, DRIVER, "image", "evil")}}},
    {"an application in register 3",
     "GRUB and the kernel measure no such events",
     {{BEFORE, MODULE, OF(3, APPLICATION, "image", "evil")}}},
    {"an application in register 1",
     "measured into registers 2 and 3",
     {{BEFORE, GRUB, OF(1, APPLICATION, "image", "evil")}}},
    {"an application in register 4",
     "measured into registers 2 and 3",
     {{BEFORE, GRUB, OF(4, APPLICATION, "image", "evil")}}},
    {"GRUB moved to register 3",
     "no such events",
     {{INSTEAD, GRUB, OF(3, APPLICATION, "image load event", "the boot loader")}}},
    {"GRUB twice",
     "is no reference value",
     {{BEFORE, GRUB, OF(2, APPLICATION, "image load event", "the boot loader")}}},
    {"no GRUB", "no EFI application in the log is the boot loader", {{INSTEAD, GRUB, GONE}}},
    {"GRUB after what it did",
     "started after what it did",
     {{INSTEAD, GRUB, GONE}, {BEFORE, LEAVE, OF(2, APPLICATION, "image load event", "the boot loader")}}},
    {"GRUB called a driver",
     "no EFI application",
     {{INSTEAD, GRUB, GONE}, {BEFORE, CALL, OF(2, DRIVER, "image", "the boot loader")}}},
    {"an application after the exit from boot services",
     "after the exit",
     {{BEFORE, PLACES, OF(2, APPLICATION, "image load event", "the boot loader")}}},

    {"/vmlinuz without a dash",
     "is in no reference",
     {{INSTEAD, LOAD_KERNEL, COMMAND("linux /vmlinuz")},
      {INSTEAD, KERNEL, FILE_("/vmlinuz", "evil")},
      {INSTEAD, KERNEL_LINE, CMDLINE("/vmlinuz")}}},
    {"/boot/Image-evil instead of the kernel",
     "is in no reference",
     {{INSTEAD, LOAD_KERNEL, COMMAND("linux /boot/Image-evil")},
      {INSTEAD, KERNEL, FILE_("/boot/Image-evil", "evil")},
      {INSTEAD, KERNEL_LINE, CMDLINE("/boot/Image-evil")}}},
    {"/boot/Image-evil that no command names",
     "no reference value",
     {{BEFORE, SET, FILE_("/boot/Image-evil", "evil")}}},
    {"/boot/Image-evil after the kernel",
     "another kernel",
     {{BEFORE, LEAVE, COMMAND("linux /boot/Image-evil")},
      {BEFORE, LEAVE, FILE_("/boot/Image-evil", "evil")},
      {BEFORE, LEAVE, CMDLINE("/boot/Image-evil")}}},
    {"the kernel called a font, the good digest before it",
     "not the file that the command before it names",
     {{BEFORE, LOAD_KERNEL, FILE_("/vmlinuz-1", "the kernel")}, {INSTEAD, KERNEL, FILE_("/unicode.pf2", "evil")}}},
    {"the kernel called a font, the good digest before it in its place",
     "neither what the command before it loads, nor a module",
     {{BEFORE, KERNEL, FILE_("/unicode.pf2", "evil")}}},
    {"the kernel called a font, the good digest behind it",
     "not the file that the command before it names",
     {{INSTEAD, KERNEL, FILE_("/unicode.pf2", "evil")}, {BEFORE, LOAD_INITRD, FILE_("/vmlinuz-1", "the kernel")}}},
    {"the kernel called a module, the good digest in another boot",
     "not the file that the command before it names",
     {{INSTEAD, KERNEL, FILE_("/linux.mod", "evil")},
      {BEFORE, LEAVE, COMMAND("linux " LINUX)},
      {BEFORE, LEAVE, FILE_("/vmlinuz-1", "the kernel")},
      {BEFORE, LEAVE, CMDLINE(LINUX)}}},
    {"the kernel called a tagged event",
     "neither self-describing nor understood",
     {{INSTEAD, KERNEL, OF(3, TAG, "\1\0\0\0\0\0\0\0", "evil")}}},
    {"the kernel called the initrd's tagged event",
     "GRUB runs no more",
     {{INSTEAD, KERNEL, OF(3, TAG, INITRD_TAG, "evil")}}},
    {"the kernel called a command that it is the text of",
     "a command is a text",
     {{INSTEAD, KERNEL, OF(3, IPL, "grub_cmd: MZ\1\2\3", "MZ\1\2\3")}}},
    {"the kernel moved to register 4",
     "measured into registers 2 and 3",
     {{INSTEAD, KERNEL, OF(4, IPL, "/vmlinuz-1", "the kernel")}}},
    {"the kernel moved to register 2",
     "is an application",
     {{INSTEAD, KERNEL, OF(2, IPL, "/vmlinuz-1", "the kernel")}}},
    {"the kernel moved to register 1",
     "registers 2 and 3",
     {{INSTEAD, KERNEL, OF(1, IPL, "/vmlinuz-1", "the kernel")}}},
    {"the kernel and its command line in the other order",
     "no kernel was loaded before it",
     {{INSTEAD, KERNEL, CMDLINE(LINUX)}, {INSTEAD, KERNEL_LINE, FILE_("/vmlinuz-1", "the kernel")}}},
    {"the kernel twice in its place",
     "neither what the command before it loads",
     {{BEFORE, KERNEL, FILE_("/vmlinuz-1", "the kernel")}}},
    {"two boots in one log",
     "another kernel",
     {{BEFORE, LEAVE, COMMAND("linux " LINUX)},
      {BEFORE, LEAVE, FILE_("/vmlinuz-1", "the kernel")},
      {BEFORE, LEAVE, CMDLINE(LINUX)}}},
    {"two calls of a boot option", "a second boot", {{BEFORE, LEAVE, SELF(2, ACTION, CALLING)}}},
    {"a return from nothing", "nothing was called", {{BEFORE, CALL, SELF(2, ACTION, RETURNING)}}},

    {"a command line that is not what was measured, in GRUB's words",
     NULL,
     {{INSTEAD, KERNEL_LINE, OF(3, IPL, "kernel_cmdline: " LINUX, LINUX " init=/bin/sh")}}},
    {"another command line in an opaque text",
     "not the file that the command before it names",
     {{INSTEAD, KERNEL_LINE, OF(3, IPL, "kernel_cmdline " LINUX, LINUX " init=/bin/sh")}}},
    {"another command line in a text without a name",
     "not the file that the command",
     {{INSTEAD, KERNEL_LINE, OF(3, IPL, "cmdline: " LINUX, "init=/bin/sh")}}},
    {"another command line in a text that is a part of the command",
     "neither what the command before it loads",
     {{INSTEAD, KERNEL_LINE, OF(3, IPL, "/vmlinuz-1 root", "init=/bin/sh")}}},
    {"another command line than the command's",
     "not the command line that the command says",
     {{INSTEAD, KERNEL_LINE, CMDLINE(LINUX " init=/bin/sh")}}},
    {"the command line called a module",
     "not the file that the command",
     {{INSTEAD, KERNEL_LINE, FILE_("/x.mod", LINUX " init=/bin/sh")}}},
    {"a command that is not what was measured",
     NULL,
     {{INSTEAD, SET, OF(3, IPL, "grub_cmd: set timeout=5", "linux /evil")}}},
    {"a command in an opaque text",
     "no reference value",
     {{INSTEAD, SET, OF(3, IPL, "grub_cmd:set timeout=5", "linux /evil")}}},
    {"a command called a module, and shown elsewhere",
     "with the digest of the text",
     {{INSTEAD, SET, FILE_("/x.mod", "linux " LINUX)}}},

    {"no initrd", "no initramfs", {{INSTEAD, INITRD, GONE}}},
    {"another initrd", "does not go with the kernel", {{INSTEAD, INITRD, FILE_("/initramfs-1.img", "evil")}}},
    {"an initrd more, named",
     "another initramfs",
     {{INSTEAD, LOAD_INITRD, COMMAND("initrd /initramfs-1.img /evil.img")},
      {BEFORE, LEAVE, FILE_("/evil.img", "evil")}}},
    {"an initrd before it, named",
     "does not go with the kernel",
     {{INSTEAD, LOAD_INITRD, COMMAND("initrd /evil.img /initramfs-1.img")},
      {BEFORE, INITRD, FILE_("/evil.img", "evil")}}},
    {"an initrd called a font",
     "neither what the command before it loads",
     {{BEFORE, INITRD, FILE_("/unicode.pf2", "evil")}}},
    {"fewer initrds than the command names",
     "fewer files were read",
     {{INSTEAD, LOAD_INITRD, COMMAND("initrd /evil.img /initramfs-1.img")}}},
    {"the initrd loaded by a second command",
     "another initramfs",
     {{BEFORE, LEAVE, COMMAND("initrd /initramfs-1.img")},
      {BEFORE, LEAVE, FILE_("/initramfs-1.img", "the initramfs")}}},
    {"another initrd in the kernel's own event",
     "is not the reference's initramfs",
     {{BEFORE, LEFT, OF(3, TAG, INITRD_TAG, "evil")}}},
    {"another command line in the kernel's own event",
     "not the command line that GRUB logged",
     {{BEFORE, LEFT, OF(3, TAG, OPTIONS_TAG, "evil")}}},
    {"GRUB after the kernel",
     "GRUB runs no more",
     {{BEFORE, LEFT, OF(3, TAG, INITRD_TAG, "the initramfs")}, {BEFORE, LEFT, COMMAND("set a=b")}}},

    {"another grub.cfg", "is not the reference", {{INSTEAD, CONFIG, FILE_("(hd0)/grub.cfg", "evil")}}},
    {"another grub.cfg before", "is not the reference", {{BEFORE, CONFIG, FILE_("(hd0)/grub.cfg", "evil")}}},
    {"grub.cfg twice", "no reference value", {{BEFORE, CONFIG, FILE_("(hd0)/grub.cfg", "the configuration")}}},
    {"no grub.cfg", "the log has no grub.cfg", {{INSTEAD, CONFIG, GONE}}},
    {"grub.cfg after the kernel",
     "was read after the kernel",
     {{INSTEAD, CONFIG, GONE},
      {BEFORE, LOAD_INITRD, COMMAND("true")},
      {BEFORE, LOAD_INITRD, FILE_("(hd0)/grub.cfg", "the configuration")}}},
    {"grub.cfg and a command in the other order, called a module",
     "in another place",
     {{BEFORE, CONFIG, FILE_("(hd0)/x.mod", "the configuration")}}},
    {"a configuration by configfile",
     "no reference value",
     {{BEFORE, INSMOD, COMMAND("configfile /evil.cfg")}, {BEFORE, INSMOD, FILE_("/evil.cfg", "evil")}}},
    {"a configuration by source",
     "no reference value",
     {{BEFORE, INSMOD, COMMAND("source /evil.cfg")}, {BEFORE, INSMOD, FILE_("/evil.cfg", "evil")}}},
    {"a configuration by a dot",
     "no reference value",
     {{BEFORE, INSMOD, COMMAND(". /evil.cfg")}, {BEFORE, INSMOD, FILE_("/evil.cfg", "evil")}}},
    {"a configuration called a font",
     "not the file that the command before it names",
     {{BEFORE, INSMOD, COMMAND("configfile /evil.cfg")}, {BEFORE, INSMOD, FILE_("/unicode.pf2", "evil")}}},
    {"a configuration called a variable of shim",
     "variables of shim, and no shim was started",
     {{BEFORE, MODULE, FILE_("MokList", "evil")}}},
    {"a variable of shim after GRUB began", "is not the reference", {{BEFORE, CONFIG, FILE_("MokList", "evil")}}},
    {"a chainloaded application",
     "booted or handed over",
     {{BEFORE, LEAVE, COMMAND("chainloader /evil.efi")}, {BEFORE, LEAVE, FILE_("/evil.efi", "evil")}}},
    {"a device tree",
     "booted or handed over",
     {{BEFORE, LEAVE, COMMAND("devicetree /evil.dtb")}, {BEFORE, LEAVE, FILE_("/evil.dtb", "evil")}}},
    {"ACPI tables",
     "booted or handed over",
     {{BEFORE, LOAD_KERNEL, COMMAND("acpi /evil.aml")}, {BEFORE, LOAD_KERNEL, FILE_("/evil.aml", "evil")}}},
    {"a kernel of another kind",
     "booted or handed over",
     {{BEFORE, LOAD_KERNEL, COMMAND("multiboot /evil")}, {BEFORE, LOAD_KERNEL, FILE_("/evil", "evil")}}},
    {"a kernel behind another word",
     "another kernel",
     {{BEFORE, LOAD_KERNEL, COMMAND("time linux /evil")}, {BEFORE, LOAD_KERNEL, FILE_("/evil", "evil")}}},
};

static void every_lie_about_a_boot_is_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
    struct vcca_verdict verdict;
    struct made *m = evidence_of(attacks[i].changes);
    vcca_verify_evidence(&m->evidence, &verdict);
    enum vcca_check by = attacks[i].reason ? VCCA_CHECK_IMAGE_REFERENCE : VCCA_CHECK_EVENTLOG;
    if (verdict.accepted || vcca_verdict_failed(&verdict) != by)
      fail_msg("%s: %s\n%s", attacks[i].what, verdict.accepted ? "accepted" : "refused by another check",
               text_of(&verdict));
    if (attacks[i].reason && strstr(verdict.findings[by].reason, attacks[i].reason) == NULL)
      fail_msg("%s: no \"%s\" in:\n%s", attacks[i].what, attacks[i].reason, verdict.findings[by].reason);
    assert_true(executables(&verdict) > 31);
    assert_int_equal(verdict.unexplained_count, 0);
  }
}

/* --- Honest boots ----------------------------------------------------------------------------------------- */

static const struct {
  const char *what;
  size_t unexplained;
  int executables;
  struct change changes[CHANGES];
} boots[] = {
    {"as it is", UNEXPLAINED, 3, {{NONE, 0, GONE}}},
    {"without what references cannot name",
     0,
     2,
     {{INSTEAD, ACPI, GONE}, {INSTEAD, ROM, GONE}, {INSTEAD, MODULE, GONE}, {INSTEAD, LOADED, GONE}}},
    {"a font and an environment",
     UNEXPLAINED + 2,
     3,
     {{BEFORE, INSMOD, COMMAND("loadfont unicode")},
      {BEFORE, INSMOD, FILE_("/unicode.pf2", "glyphs")},
      {BEFORE, SET, FILE_("(hd0)/grubenv", "env")}}},
    {"linux as a module", UNEXPLAINED + 1, 3, {{BEFORE, KERNEL, FILE_("(hd0)/linux.mod", "linux")}}},
    {"a kernel without a dash",
     UNEXPLAINED,
     3,
     {{INSTEAD, LOAD_KERNEL, COMMAND("linux /vmlinuz")},
      {INSTEAD, KERNEL, FILE_("/vmlinuz", "the kernel")},
      {INSTEAD, KERNEL_LINE, CMDLINE("/vmlinuz")}}},
    {"a command line that GRUB quotes",
     UNEXPLAINED,
     3,
     {{INSTEAD, LOAD_KERNEL, COMMAND("linux /vmlinuz-1 dm=1 vroot a\\b")},
      {INSTEAD, KERNEL_LINE, CMDLINE("/vmlinuz-1 \"dm=1 vroot\" a\\\\b")}}},
    {"commands that did not find their files",
     UNEXPLAINED,
     3,
     {{BEFORE, INSMOD, COMMAND("source /custom.cfg")},
      {BEFORE, INSMOD, COMMAND("linux /gone")},
      {BEFORE, INSMOD, COMMAND("devicetree /gone")}}},
    {"a boot option that failed before",
     UNEXPLAINED,
     3,
     {{BEFORE, GRUB, SELF(2, ACTION, RETURNING)}, {BEFORE, GRUB, SELF(2, ACTION, CALLING)}}},
    {"a partition table", UNEXPLAINED, 3, {{BEFORE, GRUB, SELF(2, GPT, "EFI PART and so on")}}},
    {"the way of GRUB 2.02 as distributions patched it",
     UNEXPLAINED,
     3,
     {{INSTEAD, SET, OF(3, IPL, "grub_cmd set timeout=5\0", "set timeout=5\0")},
      {INSTEAD, INSMOD, OF(3, IPL, "grub_cmd insmod gzio\0", "insmod gzio\0")},
      {INSTEAD, LOAD_KERNEL, OF(3, IPL, "grub_cmd linux " LINUX "\0", "linux " LINUX "\0")},
      {INSTEAD, KERNEL, FILE_("grub_linuxefi Kernel", "the kernel")},
      {INSTEAD, KERNEL_LINE, OF(3, IPL, "grub_kernel_cmdline " LINUX "\0", LINUX "\0")},
      {INSTEAD, LOAD_INITRD, OF(3, IPL, "grub_cmd initrd /initramfs-1.img\0", "initrd /initramfs-1.img\0")},
      {INSTEAD, INITRD, FILE_("grub_linuxefi Initrd", "the initramfs")}}},
    {"a kernel whose stub measures",
     UNEXPLAINED,
     3,
     {{INSTEAD, LOAD_KERNEL, COMMAND("linux /k a")},
      {INSTEAD, KERNEL, FILE_("/k", "the kernel")},
      {INSTEAD, KERNEL_LINE, CMDLINE("/k a")},
      {BEFORE, LEFT, OF(3, TAG, OPTIONS_TAG, "B\0O\0O\0T\0_\0I\0M\0A\0G\0E\0=\0/\0k\0 \0a\0")},
      {BEFORE, LEFT, OF(3, TAG, INITRD_TAG, "the initramfs")}}},
    {"events of the guest", UNEXPLAINED + 1, 3, {{BEFORE, PLACES, OF(4, TAG, "something", "of its own")}}},
};

static void an_honest_boot_passes_and_what_references_cannot_name_is_listed(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof boots / sizeof boots[0]; i++) {
    struct vcca_verdict verdict;
    struct made *m = evidence_of(boots[i].changes);
    vcca_verify_evidence(&m->evidence, &verdict);
    if (!verdict.accepted || verdict.findings[VCCA_CHECK_IMAGE_REFERENCE].outcome != VCCA_PASS)
      fail_msg("%s:\n%s", boots[i].what, text_of(&verdict));
    if (verdict.unexplained_count != boots[i].unexplained || executables(&verdict) != boots[i].executables)
      fail_msg("%s: %zu unexplained, executables %d\n%s", boots[i].what, verdict.unexplained_count,
               executables(&verdict), text_of(&verdict));
  }
}

static void what_is_unexplained_is_told_with_place_and_digest(void **state)
{
  (void)state;
  uint8_t digest[32];
  struct vcca_verdict verdict;
  struct made *m = evidence_of(NULL);
  vcca_verify_evidence(&m->evidence, &verdict);
  vcca_hash(VCCA_SHA256, VCCA_SPAN_LIT("option ROM"), digest);
  const struct vcca_unexplained *rom = &verdict.unexplained[1];
  assert_int_equal(rom->reg, 2);
  assert_int_equal(rom->type, DRIVER);
  assert_true(vcca_span_eq(rom->digest, VCCA_SPAN(digest)));
  assert_true(vcca_span_is(verdict.unexplained[2].name, "(hd0)/normal.mod"));
  assert_memory_equal(m->log_room + rom->offset, "\2\0\0\0\4\0\0\x80", 8);
}

static void a_policy_refuses_what_is_unexplained_or_tolerates_it_by_digest(void **state)
{
  (void)state;
  static const char *const contents[] = {"tables", "option ROM", "normal", "gzip", "gzio"};
  for (size_t tolerated = 0; tolerated <= 5; tolerated++)
    for (int refuses = 0; refuses <= 1; refuses++) {
      struct vcca_verdict verdict;
      struct made *m = evidence_of(NULL);
      struct vcca_policy policy = {.name = "TEST", .refuses_unexplained = refuses};
      for (size_t i = 0; i < tolerated; i++) {
        vcca_hash(VCCA_SHA256, vcca_span_str(contents[i]), policy.tolerated[i].bytes);
        policy.tolerated[policy.tolerated_count++].size = 32;
      }
      m->evidence.policy = &policy;
      vcca_verify_evidence(&m->evidence, &verdict);
      size_t left = UNEXPLAINED - (tolerated < 4 ? tolerated : tolerated - 1); /* "gzip" is nobody's */
      assert_int_equal(verdict.unexplained_count, left);
      assert_int_equal(verdict.accepted, !refuses || left == 0);
      m->evidence.strict = true; /* the policy's digests are explained, the others are not */
      struct vcca_verdict strict;
      vcca_verify_evidence(&m->evidence, &strict);
      assert_int_equal(strict.accepted, left == 0);
      if (verdict.accepted)
        assert_int_equal(executables(&verdict), left == 0 ? 2 : 3);
      else
        assert_non_null(strstr(verdict.findings[VCCA_CHECK_POLICY].reason,
                               "events of the log are not explained, the first at log byte "));
    }
}

/* --- shim, a kernel that GRUB starts as an application, more configurations -------------------------------- */

static void refer(struct made *m, bool shim, bool application, bool configs)
{
  char grub[65], cfg[65], kernel[65], initramfs[65], more[65];
  char of_shim[128] = "", of_kernel[128] = "", of_configs[160] = "";
  if (shim)
    snprintf(of_shim, sizeof of_shim, ", \"shim\": \"%s\"", hex_of(more, "shim"));
  if (application)
    snprintf(of_kernel, sizeof of_kernel, ", \"application\": \"%s\"", hex_of(more, "the kernel as PE"));
  if (configs)
    snprintf(of_configs, sizeof of_configs, ", \"configs\": [\"%s\"]", hex_of(more, "more configuration"));
  snprintf(m->image_reference, sizeof m->image_reference,
           "{\"grub\": \"%s\", \"grub.cfg\": \"%s\", \"hash_alg\": \"sha-256\", \"kernels\": [{\"kernel\": \"%s\", "
           "\"initramfs\": \"%s\"%s}]%s%s}",
           hex_of(grub, "the boot loader"), hex_of(cfg, "the configuration"), hex_of(kernel, "the kernel"),
           hex_of(initramfs, "the initramfs"), of_kernel, of_shim, of_configs);
  m->evidence.image_reference = vcca_span_str(m->image_reference);
}

static void what_a_reference_names_must_be_there_once_in_its_order_and_nothing_else_may(void **state)
{
  (void)state;
  static const struct change shim = {BEFORE, GRUB, OF(2, APPLICATION, "image", "shim")},
                             mok = {BEFORE, MODULE, FILE_("MokList", "keys")},
                             kernel = {BEFORE, LEAVE, OF(2, APPLICATION, "image", "the kernel as PE")},
                             late_shim = {BEFORE, LEAVE, OF(2, APPLICATION, "image", "shim")},
                             call = {BEFORE, INSMOD, COMMAND("configfile /more.cfg")},
                             config = {BEFORE, INSMOD, FILE_("/more.cfg", "more configuration")};
  static const struct {
    bool shim, application, configs, good;
    const struct change *changes[4];
  } rows[] = {
      {true, false, false, true, {&shim, &mok}},
      {true, false, false, false, {NULL}},
      {true, false, false, false, {&late_shim}},
      {true, false, false, false, {&shim, &shim}},
      {false, true, false, true, {&kernel}},
      {false, true, false, false, {NULL}},
      {false, true, false, false, {&kernel, &kernel}},
      {true, true, false, true, {&shim, &kernel}},
      {true, true, false, false, {&kernel, &late_shim}},
      {false, false, true, true, {&call, &config}},
      {false, false, true, false, {NULL}},
      {false, false, false, false, {&call, &config}},
      {false, false, true, false, {&call, &config, &call, &config}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct change changes[CHANGES] = {{.how = NONE}};
    struct vcca_verdict verdict;
    for (size_t k = 0; k < 4 && rows[i].changes[k]; k++)
      changes[k] = *rows[i].changes[k];
    struct made *m = evidence_of(changes);
    refer(m, rows[i].shim, rows[i].application, rows[i].configs);
    vcca_verify_evidence(&m->evidence, &verdict);
    if (verdict.accepted != rows[i].good)
      fail_msg("row %zu:\n%s", i, text_of(&verdict));
  }
}

static int set_up(void **state)
{
  (void)state;
  make_keys(&made, VCCA_FAMILY_VIRTCCA_P521);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  free_keys(&made);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_lie_about_a_boot_is_refused),
      cmocka_unit_test(an_honest_boot_passes_and_what_references_cannot_name_is_listed),
      cmocka_unit_test(what_is_unexplained_is_told_with_place_and_digest),
      cmocka_unit_test(a_policy_refuses_what_is_unexplained_or_tolerates_it_by_digest),
      cmocka_unit_test(what_a_reference_names_must_be_there_once_in_its_order_and_nothing_else_may),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
