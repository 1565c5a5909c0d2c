/* The command line: verbs as tables, one file each. A verb's table feeds the parser, --help, the man page,
 * the completion and docs/cli.md, so they cannot disagree.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>
#include <time.h>

#include "vcca/crypto.h"
#include "rooms/error.h"
#include "rooms/files.h"
#include "vcca/json.h"
#include "rooms/text.h"

enum { CLI_VALUES = 64, CLI_OPERANDS = 512, CLI_FILE_MAX = 1 << 30, CLI_SMALL_MAX = 16 << 20 };

/* May be given more than once (true says so, too); names a file that is written ("NAME=FILE": behind the
 * '='); with secrets. */
enum { MANY = 1, WRITES = 2, SECRET = 4 };

struct option {
  const char *name; /* "kernel": --kernel */
  char letter;      /* 'k': -k; 0: none */
  const char *arg;  /* "FILE"; NULL: a switch */
  unsigned traits;  /* of MANY, WRITES and SECRET; "FILE", "KEY" and "CERT" are read without WRITES */
  const char *help;
};

struct args;
struct verb {
  const char *name;             /* "token verify" */
  const char *operands;         /* "FILE"; "" = none; "[FILE]..." */
  unsigned min, max;            /* operands taken */
  const char *summary;          /* one line */
  const char *about;            /* paragraphs */
  const char *example;          /* command lines, one a line */
  const struct option *options; /* ends with a row of NULL */
  enum vcca_exit (*run)(const struct args *a);
};
extern const struct verb *const verbs[]; /* ends with NULL */

/* What was given: operands in order, options by name. */
struct args {
  const struct verb *verb;
  const char *operand[CLI_OPERANDS];
  unsigned operands;
  unsigned before;               /* of them, those in front of "--" */
  const char *given[CLI_VALUES]; /* option names, in the order given */
  const char *value[CLI_VALUES];
  unsigned values;
  struct vcca_files *files; /* that the command reads and writes; NULL: not compared */
};

/* Fills args from the words after the verb; on failure says why on stderr and returns false. */
bool args_parse(const struct verb *verb, int count, const char *const *words, struct args *out);
/* Declares the files that the options and operands name, each under its option: no file is written that is
 * read, or twice. */
VCCA_MUST_USE bool args_declare(const struct args *a, struct vcca_error *err);
/* Whether a path is standard output, which has something else already. */
bool is_stdout(const char *path);
/* The option's value (the last one given), NULL when it was not given. */
const char *args_get(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);
/* The i-th value of a repeatable option; NULL beyond. */
const char *args_nth(const struct args *a, const char *name, unsigned i);
/* Options that are read only beside others, and ones that exclude each other: nothing that is given goes
 * unread. One of the option's others, which are separated by spaces, is there (with), or none (without); a
 * name in capitals ("FILE") stands for an operand. */
struct option_rule {
  const char *option;
  bool with;
  const char *others;
};
VCCA_MUST_USE bool args_follow(const struct args *a, const struct option_rule *rules, size_t n, struct vcca_error *err);
/* Typed values: true when absent (out untouched) or good; false with err. option_...: of the text, NULL
 * when it is absent. */
VCCA_MUST_USE bool option_u64(const char *name, const char *text, uint64_t max, uint64_t *out, struct vcca_error *err);
VCCA_MUST_USE bool option_hex(const char *name, const char *text, vcca_sink *out, struct vcca_error *err);
VCCA_MUST_USE bool args_u64(const struct args *a, const char *name, uint64_t max, uint64_t *out,
                            struct vcca_error *err);
VCCA_MUST_USE bool args_hex(const struct args *a, const char *name, vcca_sink *out, struct vcca_error *err);
VCCA_MUST_USE bool args_file(const struct args *a, const char *name, size_t max, struct vcca_bytes *out,
                             struct vcca_error *err);
/* Whether -o json was asked for; false with err when -o is neither text nor json. */
VCCA_MUST_USE bool args_json(const struct args *a, bool *json, struct vcca_error *err);
#define OPTION_OUTPUT                                                         \
  {                                                                           \
    "output", 'o', "text|json", false, "how to print: text (default) or json" \
  }
#define OPTION_END             \
  {                            \
    NULL, 0, NULL, false, NULL \
  }

/* "vcca VERB: message" on stderr; the exit code the error stands for. */
enum vcca_exit fail(const struct args *a, const struct vcca_error *err);
/* A usage error: 2. */
enum vcca_exit usage(const struct args *a, const char *fmt, ...) VCCA_PRINTF(2, 3);
/* What was printed did reach its reader: YES stays YES only if stdout took everything. */
enum vcca_exit finish(const struct args *a, enum vcca_exit code);

/* Writes a sink-producing text to stdout: calls twice, once to measure. */
enum vcca_exit print_sink(const struct args *a, void (*text)(const void *what, vcca_sink *out), const void *what);

/* Reads a binary file, or what a text stands for (vcca/armor.h, with the names of JSON members), which a
 * note on stderr then says. A text that stands for nothing is read as it is, with a note of what it looks
 * like: its reader refuses it. */
VCCA_MUST_USE bool read_binary(const struct args *a, const char *path, const char *names, struct vcca_bytes *out,
                               struct vcca_error *err);
/* Reads a token as read_binary does, or wrapped evidence (rooms/wrapped.h), whose other parts are left in
 * *wrapped. Free both. */
struct vcca_unwrapped;
VCCA_MUST_USE bool read_wrapped(const struct args *a, const char *path, struct vcca_bytes *token,
                                struct vcca_unwrapped *wrapped, struct vcca_error *err);

/* On stderr: "searching  37%  12 of 32 rows", overwritten on a terminal, every ten seconds elsewhere. unit:
 * "" for the share alone; "MiB" of bytes. */
void progress_line(const char *what, uint64_t done, uint64_t total, const char *unit);
/* When work that is to be forecast begins. */
struct timespec progress_begin(void);
/* Says on stderr how long `next` measurements will take at most, if that is ten seconds or more; `done` of
 * about the same cost were made since begin. */
void progress_forecast(struct timespec begin, const char *what, uint64_t done, uint64_t next);

/* Prints text in lines of at most width columns, each but the first after `indent` spaces, and a newline at
 * the end. */
void print_wrapped(FILE *out, const char *text, int indent, int width);
/* The columns of the terminal that stdout is, 0 when it is none. */
int terminal_columns(void);

/* Completion for bash: commands, each one's options, and the values that are words of a table. */
void print_completion(FILE *out);
/* The profiles of vcca measure, and those of them that are of a VM (rim explain): the i-th name, NULL
 * beyond. */
const char *measure_profile_at(unsigned i);
const char *vm_profile_at(unsigned i);
/* The name of the i-th table that vcca table prints, NULL beyond; and its interface, NULL when it has none. */
const char *table_name_at(unsigned i);
const struct vcca_interface *table_interface_at(unsigned i);

void help_overview(FILE *out);
void help_verb(FILE *out, const struct verb *verb);
/* The verbs whose first word this is, when they have a second; false without any. */
bool help_family(FILE *out, const char *word);
/* The verb that the words start with, and how many words its name takes. */
const struct verb *verb_named(int count, const char *const *words, int *taken);
/* The nearest of the candidates to a mistyped word, or NULL when none is near. */
const char *nearest(const char *word, const char *(*candidate)(const void *ctx, unsigned i), const void *ctx);

#endif
