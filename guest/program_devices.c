/* The choice of a way to the guest's devices. A library can serve a program that the same dynamic loader
 * starts as vcca itself; others, static ones, those of another libc, and Go's, are supervised.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/program_devices.h"
#include "guest/supervisor.h"
#include "rooms/error.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Programs ------------------------------------------------------------------------------------------- */

/* Where execvp finds the command; false: nowhere. */
static bool find_program(const char *command, char path[PATH_MAX])
{
  const char *folders = getenv("PATH");
  if (strchr(command, '/'))
    return snprintf(path, PATH_MAX, "%s", command) < PATH_MAX;
  for (const char *at = folders ? folders : "/bin:/usr/bin", *end; at; at = *end ? end + 1 : NULL) {
    struct stat st;
    end = strchrnul(at, ':');
    int n = snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - at), at, end > at ? "/" : "", command);
    if (n < PATH_MAX && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
      return true;
  }
  return false;
}

static size_t read_at(int fd, off_t at, void *out, size_t n)
{
  ssize_t got = pread(fd, out, n, at);
  return got > 0 ? (size_t)got : 0;
}

/* Whether the notes have one of Go's linker: its programs make system calls without libc. */
static bool has_go_note(const uint8_t *notes, size_t n)
{
  Elf64_Nhdr head;
  for (size_t at = 0; at + sizeof head <= n;) {
    memcpy(&head, notes + at, sizeof head);
    at += sizeof head;
    if (head.n_namesz == 4 && at + 4 <= n && memcmp(notes + at, "Go\0", 4) == 0)
      return true;
    at += ((size_t)head.n_namesz + 3) / 4 * 4 + ((size_t)head.n_descsz + 3) / 4 * 4;
  }
  return false;
}

/* The dynamic loader that an ELF program of this kind of machine names; "": no library can serve it, since
 * it is static, of another kind, or Go's. */
static void read_loader(int fd, const Elf64_Ehdr *head, char loader[PATH_MAX])
{
  uint8_t notes[PATH_MAX];
  *loader = '\0';
  if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64 ||
      head->e_phentsize != sizeof(Elf64_Phdr))
    return;
  for (unsigned i = 0; i < head->e_phnum; i++) {
    Elf64_Phdr segment;
    off_t at = (off_t)head->e_phoff + (off_t)(i * sizeof segment), from;
    if (read_at(fd, at, &segment, sizeof segment) != sizeof segment)
      return;
    from = (off_t)segment.p_offset;
    size_t size = segment.p_filesz < PATH_MAX ? (size_t)segment.p_filesz : 0;
    if (segment.p_type == PT_INTERP)
      loader[read_at(fd, from, loader, size)] = '\0';
    if (segment.p_type == PT_NOTE && has_go_note(notes, read_at(fd, from, notes, size))) {
      *loader = '\0';
      return;
    }
  }
}

/* The program that a script names in its first line; "": it is no script. */
static void read_script(int fd, char program[PATH_MAX])
{
  char line[PATH_MAX];
  size_t n = read_at(fd, 0, line, sizeof line - 1);
  line[n] = '\0';
  *program = '\0';
  if (strncmp(line, "#!", 2) != 0)
    return;
  char *from = line + 2 + strspn(line + 2, " \t");
  from[strcspn(from, " \t\n")] = '\0';
  snprintf(program, PATH_MAX, "%s", from);
}

static void loader_of(const char *path, char loader[PATH_MAX])
{
  char program[PATH_MAX];
  *loader = '\0';
  snprintf(program, sizeof program, "%s", path);
  for (unsigned scripts = 0; scripts < 5; scripts++) { /* as many as Linux follows */
    Elf64_Ehdr head = {0};
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      return;
    if (read_at(fd, 0, &head, sizeof head) == sizeof head)
      read_loader(fd, &head, loader);
    read_script(fd, program);
    close(fd);
    if (*program == '\0')
      return;
  }
}

/* --- The library ---------------------------------------------------------------------------------------- */

/* The library is beside vcca, as it is built, or where it is installed. */
static bool find_library(char path[PATH_MAX])
{
  static const char *const places[] = {"libvcca-preload.so", "../" VCCA_LIBDIR "/vcca/libvcca-preload.so",
                                       VCCA_FULL_LIBDIR "/vcca/libvcca-preload.so"};
  char folder[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
  folder[n > 0 ? n : 0] = '\0';
  char *slash = strrchr(folder, '/');
  if (slash)
    slash[1] = '\0';
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    int length = snprintf(path, PATH_MAX, "%s%s", places[i][0] == '/' ? "" : folder, places[i]);
    if (length < PATH_MAX && access(path, R_OK) == 0)
      return true;
  }
  return false;
}

static bool preload(const char *library, struct vcca_error *err)
{
  const char *before = getenv("LD_PRELOAD");
  char all[2 * PATH_MAX];
  int n = snprintf(all, sizeof all, "%s%s%s", library, before && *before ? ":" : "", before ? before : "");
  return (n < (int)sizeof all && setenv("LD_PRELOAD", all, 1) == 0) ||
         vcca_fail(err, VCCA_FAULT_USAGE, "LD_PRELOAD is too long already: unset it");
}

/* --- The choice ----------------------------------------------------------------------------------------- */

bool program_devices(enum vcca_program_devices way, const char *command, int *listener, struct vcca_error *err)
{
  char path[PATH_MAX], loader[PATH_MAX] = "", own[PATH_MAX], library[PATH_MAX];
  *listener = -1;
  if (find_program(command, path))
    loader_of(path, loader);
  loader_of("/proc/self/exe", own);
  bool has_library = find_library(library), same = *loader != '\0' && strcmp(loader, own) == 0;
  if (way == VCCA_DEVICES_AUTO)
    way = same && has_library ? VCCA_DEVICES_PRELOAD : VCCA_DEVICES_SECCOMP;
  if (way == VCCA_DEVICES_SECCOMP) {
    *listener = supervisor_filter(err);
    return *listener >= 0;
  }
  if (!has_library)
    return vcca_fail(err, VCCA_FAULT_IO,
                     "libvcca-preload.so is neither beside vcca nor in %s/vcca: install vcca whole, or use "
                     "--devices seccomp",
                     VCCA_FULL_LIBDIR);
  if (!same)
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "no library can serve %s: it is static, of another libc than vcca, or of Go, whose programs make system "
        "calls themselves; use --devices seccomp",
        command);
  return preload(library, err);
}
