/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/grub_command.h"
#include "rooms/span.h"

#include <string.h>

/* GRUB 2.12's commands that load something to run or to hand over (manual, Commands), and those of
 * distributions. */
static const struct grub_command commands[] = {
    {"linux", BOOT_KERNEL},
    {"linuxefi", BOOT_KERNEL},
    {"linux16", BOOT_KERNEL},
    {"initrd", BOOT_INITRD},
    {"initrdefi", BOOT_INITRD},
    {"initrd16", BOOT_INITRD},
    {"configfile", BOOT_CONFIG},
    {"source", BOOT_CONFIG},
    {".", BOOT_CONFIG},
    {"normal", BOOT_CONFIG},
    {"legacy_configfile", BOOT_CONFIG},
    {"legacy_source", BOOT_CONFIG},
    {"syslinux_configfile", BOOT_CONFIG},
    {"syslinux_source", BOOT_CONFIG},
    {"extract_entries_source", BOOT_CONFIG},
    {"extract_entries_configfile", BOOT_CONFIG},
    {"extract_legacy_entries_source", BOOT_CONFIG},
    {"extract_legacy_entries_configfile", BOOT_CONFIG},
    {"extract_syslinux_entries_source", BOOT_CONFIG},
    {"extract_syslinux_entries_configfile", BOOT_CONFIG},
    {"chainloader", BOOT_OTHER},
    {"multiboot", BOOT_OTHER},
    {"multiboot2", BOOT_OTHER},
    {"module", BOOT_OTHER},
    {"module2", BOOT_OTHER},
    {"xen_hypervisor", BOOT_OTHER},
    {"xen_module", BOOT_OTHER},
    {"xnu_kernel64", BOOT_OTHER},
    {"kfreebsd", BOOT_OTHER},
    {"kopenbsd", BOOT_OTHER},
    {"knetbsd", BOOT_OTHER},
    {"plan9", BOOT_OTHER},
    {"ntldr", BOOT_OTHER},
    {"devicetree", BOOT_OTHER},
    {"fdt", BOOT_OTHER},
    {"acpi", BOOT_OTHER},
    {"loopback", BOOT_OTHER},
    {"boot_image", BOOT_OTHER},
};

vcca_span event_label(const struct vcca_event *event)
{
  bool ended = event->data.n > 0 && event->data.p[event->data.n - 1] == '\0';
  return vcca_span_sub(event->data, 0, event->data.n - ended);
}

static vcca_span without_nul(vcca_span s)
{
  return vcca_span_sub(s, 0, s.n - (s.n > 0 && s.p[s.n - 1] == '\0'));
}

bool is_text(vcca_span s)
{
  for (size_t i = 0; i < s.n; i++)
    if ((s.p[i] < 0x20 && s.p[i] != '\n' && s.p[i] != '\t') || s.p[i] == 0x7f)
      return false;
  return true;
}

/* --- Words ------------------------------------------------------------------------------------------------ */

static bool is_blank(uint8_t c)
{
  return c == ' ' || c == '\t' || c == '\n';
}

/* Takes the next word off the text; empty at the end. */
static vcca_span take_word(vcca_span *text)
{
  size_t from = 0, to;
  while (from < text->n && is_blank(text->p[from]))
    from++;
  for (to = from; to < text->n && !is_blank(text->p[to]);)
    to++;
  vcca_span word = vcca_span_sub(*text, from, to - from);
  *text = vcca_span_sub(*text, to, text->n);
  return word;
}

/* The first word that names a command, and what follows it. */
static vcca_span take_command(vcca_span *text)
{
  vcca_span word = take_word(text);
  while (vcca_span_is(word, "time"))
    word = take_word(text);
  for (size_t i = word.n; i > 0; i--)
    if (word.p[i - 1] == '/' && i < word.n)
      return vcca_span_sub(word, i, word.n);
  return word;
}

const struct grub_command *grub_command(vcca_span words)
{
  vcca_span name = take_command(&words);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (vcca_span_is(name, commands[i].name))
      return &commands[i];
  return NULL;
}

static bool is_quoting(uint8_t c)
{
  return c == '"' || c == '\'' || c == '\\';
}

bool grub_cmdline_is_of(vcca_span words, vcca_span cmdline)
{
  take_command(&words);
  vcca_span said = vcca_span_sub(words, words.n > 0, words.n);
  size_t i = 0, k = 0;
  for (;;) {
    while (i < said.n && is_quoting(said.p[i]))
      i++;
    while (k < cmdline.n && is_quoting(cmdline.p[k]))
      k++;
    if (i == said.n || k == cmdline.n)
      return i == said.n && k == cmdline.n;
    if (said.p[i++] != cmdline.p[k++])
      return false;
  }
}

size_t grub_file_count(vcca_span words)
{
  size_t n = 0;
  take_command(&words);
  for (vcca_span word = take_word(&words); word.n > 0; word = take_word(&words))
    n += !(word.n > 2 && word.p[0] == '-' && word.p[1] == '-');
  return n;
}

static bool starts(vcca_span text, const char *prefix)
{
  return vcca_span_is(vcca_span_sub(text, 0, strlen(prefix)), prefix);
}

static bool ends(vcca_span text, const char *suffix)
{
  size_t n = strlen(suffix);
  return text.n > n && vcca_span_is(vcca_span_sub(text, text.n - n, n), suffix);
}

bool grub_names(vcca_span words, vcca_span label)
{
  label = without_nul(label);
  if (starts(label, "grub_linux"))
    return ends(label, " Kernel") || ends(label, " Initrd");
  take_command(&words);
  for (size_t i = 0; label.n > 0 && i + label.n <= words.n; i++)
    if (vcca_span_eq(vcca_span_sub(words, i, label.n), label))
      return true;
  return false;
}

/* --- Files ------------------------------------------------------------------------------------------------ */

bool grub_is_module(vcca_span label)
{
  return ends(without_nul(label), ".mod");
}

bool grub_is_own(vcca_span label)
{
  static const char *const suffixes[] = {".mod", ".lst", ".pf2",  ".mo",  ".gmo",       "/grubenv",
                                         ".png", ".jpg", ".jpeg", ".tga", "/theme.txt", ".conf"};
  label = without_nul(label);
  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
    if (ends(label, suffixes[i]))
      return is_text(label);
  return false;
}

bool shim_is_own(vcca_span label)
{
  static const char *const names[] = {"MokList",    "MokListX",    "MokListTrusted", "MokSBState",
                                      "MokDBState", "MokIgnoreDB", "MokPolicy"};
  label = without_nul(label);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (vcca_span_is(label, names[i]))
      return true;
  return false;
}

bool grub_load_options_are(enum vcca_hash_alg alg, vcca_span cmdline, vcca_span digest)
{
  static const char *const prefixes[] = {"BOOT_IMAGE=", ""};
  enum { CMDLINE_MAX = 4096 };
  uint8_t wide[2 * (CMDLINE_MAX + 16)], hash[VCCA_HASH_MAX];
  if (cmdline.p == NULL || cmdline.n > CMDLINE_MAX)
    return false;
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
    for (int nul = 0; nul <= 1; nul++) {
      vcca_sink out = VCCA_SINK(wide);
      for (const char *c = prefixes[i]; *c != '\0'; c++) {
        vcca_sink_u8(&out, (uint8_t)*c);
        vcca_sink_u8(&out, 0);
      }
      for (size_t k = 0; k < cmdline.n; k++) {
        vcca_sink_u8(&out, cmdline.p[k]);
        vcca_sink_u8(&out, 0);
      }
      vcca_sink_fill(&out, 0, nul ? 2 : 0);
      vcca_hash(alg, vcca_sink_span(&out), hash);
      if (vcca_span_eq(digest, vcca_span_of(hash, vcca_hash_size(alg))))
        return true;
    }
  return false;
}
