/* GRUB's words as its measured boot logs them: which commands boot something, and which files GRUB reads
 * for itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_GRUB_COMMAND_H
#define VERIFIER_GRUB_COMMAND_H

#include "verifier/boot_log.h"

/* A command that loads what is run, or what the kernel is handed. */
struct grub_command {
  const char *name;
  enum boot_role loads;
};

enum { GRUB_FILES = 64 };
/* A command, and the files that were read since. */
struct grub_slot {
  const struct grub_command *command; /* NULL: one that boots nothing */
  vcca_span words;
  struct vcca_event files[GRUB_FILES];
  size_t count;
};

/* The text of an event without its final NUL. */
vcca_span event_label(const struct vcca_event *event);
/* Printable, but for line feeds and tabs; bytes from 0x80 on may be UTF-8. */
bool is_text(vcca_span s);

/* By the first word, a path before it and "time" set aside; NULL when the command boots nothing. */
const struct grub_command *grub_command(vcca_span words);
/* Whether a kernel's command line is what follows the first word. GRUB logs the command without its quotes,
 * and quotes the command line anew. */
bool grub_cmdline_is_of(vcca_span words, vcca_span cmdline);
/* How many files an initrd command names: its words but for options. */
size_t grub_file_count(vcca_span words);
/* Whether the command names the file by the label that GRUB logged for it. GRUB 2.02 as distributions
 * patched it says only "grub_linuxefi Kernel". */
bool grub_names(vcca_span words, vcca_span label);

/* Files that GRUB reads for itself: modules, lists, fonts, translations, themes, its environment, boot
 * entries. */
bool grub_is_module(vcca_span label);
bool grub_is_own(vcca_span label);
/* Variables of shim that it measures before it starts GRUB. */
bool shim_is_own(vcca_span label);

/* Whether a digest is that of the command line as GRUB hands it to a kernel that is an EFI application:
 * UTF-16, with or without NUL. */
bool grub_load_options_are(enum vcca_hash_alg alg, vcca_span cmdline, vcca_span digest);

#endif
