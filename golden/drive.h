/* Driving a verifier, in pieces: the parts of evidence that a command line takes (drive_parts.c), its words
 * for one case (drive_words.c), a child process (drive_child.c), and what its answer means
 * (drive_answer.c). drive.c does one case, drive_pool.c many at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_DRIVE_H
#define GOLDEN_DRIVE_H

#include <sys/types.h>

#include "golden/bundle.h"
#include "golden/suite_files.h"
#include "rooms/golden.h"

/* --- Parts of evidence ------------------------------------------------------------------------------------- */

enum drive_part {
  PART_TOKEN,
  PART_CPAK,
  PART_CERT,
  PART_SUB,
  PART_ROOT,
  PART_AT,
  PART_CHALLENGE,
  PART_RIM,
  PART_REM0,
  PART_REM1,
  PART_REM2,
  PART_REM3,
  PART_RPV,
  PART_EVENTLOG,
  PART_IMAGE_REF,
  PART_PLATFORM_REF,
  PART_RVSTORE,
  PART_POLICY,
  DRIVE_PARTS,
  PART_NONE = DRIVE_PARTS
};
typedef uint32_t part_set; /* bits, 1 << part */

enum placeholder_kind { PLACE_FILE, PLACE_HEX, PLACE_TEXT };
struct placeholder {
  const char *name;
  enum placeholder_kind kind;
  enum drive_part part;
  const char *meaning;
};
/* By the name between its @; NULL: there is none. */
const struct placeholder *placeholder_named(vcca_span name);
/* The first @NAME@ of a word; "@@" has no name. */
bool words_placeholder(const char *word, size_t *from, vcca_span *name);
/* "@CERT@ @ROOT@" */
void parts_text(part_set parts, char *room, size_t cap);

/* What a case has, and which of it is other than it would be without the mutation. */
part_set parts_present(const struct vcca_evidence *e);
part_set parts_changed(const vcca_golden *golden, const struct vcca_golden_case *c);
/* What the words take, of this family: a JWK says nothing of an RSA key. */
part_set parts_taken(const char *const *words, enum vcca_family family);
/* Who takes certificates and no CPAK gets the base's certificates where a case has the CPAK. */
void parts_adapt(const vcca_golden *golden, part_set taken, struct vcca_evidence *e);
/* What must be taken for the case to be asked, of what it has. */
part_set parts_needed(const vcca_golden *golden, const struct vcca_golden_case *c);

/* --- Words ------------------------------------------------------------------------------------------------- */

enum { WORDS_MAX = 128 };

/* A command filled in: argv[argc] is NULL; the files that it names are written. */
struct drive_words {
  const char *folder;
  struct arena *arena;
  struct case_files files;
  const char *argv[WORDS_MAX + 1];
  size_t argc;
  struct {
    const char *part, *path;
  } written[CASE_FILES + 1];
  size_t written_count;
  struct {
    const struct placeholder *place;
    const char *text;
  } given[WORDS_MAX]; /* the values of the placeholders, each once */
  size_t given_count;
};
VCCA_MUST_USE bool words_fill(struct drive_words *w, const char *const *command, vcca_golden *golden,
                              const struct vcca_golden_case *c, struct vcca_error *err);
/* Removes what was written. */
void words_remove(struct drive_words *w);

/* --- Child processes --------------------------------------------------------------------------------------- */

/* A child in a process group of its own; its output and its errors are one stream. */
struct drive_child {
  pid_t pid; /* 0: none */
  int from;  /* its output */
  int to;    /* its input; -1: /dev/null */
  int status;
};
/* When the pipe `life` has no writer any more, whoever asked has gone: children are ended, and so is this
 * process. */
void child_watch(int life);
VCCA_MUST_USE bool child_start(struct drive_child *child, const char *const *argv, bool with_input,
                               struct vcca_error *err);
/* Starts the time limit of an answer. */
void child_limit(unsigned seconds);
enum child_event { CHILD_OUTPUT, CHILD_ENDED, CHILD_LATE };
/* Waits for more output (what fits goes into out, the rest is read and forgotten), or the end: then status
 * is set and all output was read. */
enum child_event child_wait(struct drive_child *child, vcca_sink *out);
/* All of bytes, while output is read so that nobody waits for the other; false: late, or it reads no more. */
bool child_send(struct drive_child *child, vcca_span bytes, vcca_sink *out);
/* Ends it, if it runs, and its whole process group. */
void child_end(struct drive_child *child);

/* --- A case ------------------------------------------------------------------------------------------------- */

/* Who asks a verifier, case after case. */
struct driver {
  const struct vcca_drive *drive;
  const char *folder;        /* for files that are not kept */
  const char *keep;          /* for those that are; NULL: none is */
  struct drive_child server; /* the process that answers lines; pid 0: not started */
};
/* What came of a case; the spans are in the arena. */
struct drive_outcome {
  part_set missing;
  struct vcca_drive_result result;
  enum vcca_drive_judgement judged;
  vcca_span argv;  /* words with a NUL behind each */
  vcca_span files; /* parts and paths by turns, likewise */
  vcca_span line;  /* it was asked by; absent when it was started */
  vcca_span output;
};
VCCA_MUST_USE bool drive_case(struct driver *d, vcca_golden *golden, struct vcca_golden_case *c, struct arena *arena,
                              struct drive_outcome *o, struct vcca_error *err);
/* Where the words that start a verifier that stays end: the second "--", or the last word. */
size_t start_words(const char *const *command);

/* Makes the folder of a case, and empties it; writes what was answered into it, and a script that asks
 * again. */
VCCA_MUST_USE bool keep_folder(const char *path, struct vcca_error *err);
VCCA_MUST_USE bool keep_case(const struct vcca_drive *drive, const char *folder, const struct drive_outcome *o,
                             struct vcca_error *err);
/* Removes a folder with what is in it, folders among them. */
void folder_remove(const char *path);

/* --- Answers ----------------------------------------------------------------------------------------------- */

struct vcca_drive_result answer_of_status(const struct vcca_drive *drive, int status, vcca_span output);
/* A line "CASE VERDICT [STAGE]..."; false when it is none. */
bool answer_of_line(vcca_span line, const char *name, struct vcca_drive_result *out);

#endif
