/* Beside vcca/guest.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_GUEST_H
#define ROOMS_GUEST_H

#include <sys/types.h>

#include "vcca/guest.h"
#include "rooms/driver.h"

/* Ends waits: a monitor's delay, and vcca_running_trace. What is asked from now on fails. For the way to
 * vcca_running_stop. */
void vcca_running_end(vcca_running *v);

/* What the machine speaks, and the family of its tokens. */
enum vcca_abi vcca_running_abi(const vcca_running *v);
enum vcca_family vcca_running_family(const vcca_running *v);

/* From now on the monitor has the keys of another device, which has to be of the same kind. */
VCCA_MUST_USE bool vcca_running_move(vcca_running *v, const struct vcca_device *device, struct vcca_error *err);
/* The device that the scenario powered on. */
const struct vcca_device *vcca_running_device(const vcca_running *v);

/* The VM as it is, as a JSON object (schema vcca-vm-1). */
void vcca_running_state(vcca_running *v, struct vcca_json *j);

/* Calls are told as lines of JSON, numbered from 1; the last 1000 are kept. Appends the first line that is
 * kept and not before *number, with its newline, and moves *number behind it. When there is none yet,
 * waits until there is, wait being set. False: there is none. */
bool vcca_running_trace(vcca_running *v, uint64_t *number, bool wait, vcca_sink *line);
/* The number of the next line. */
uint64_t vcca_running_trace_next(vcca_running *v);

/* Gives a virtCCA guest the CCEL files of its firmware: the ACPI table, and the log area. They outlive the
 * VM. Where no REM was extended yet, the events are extended first, as the firmware does it, so that log
 * and token agree; else both stay as they are. False when the log has to be read and is malformed, or the
 * guest is no CVM. */
VCCA_MUST_USE bool vcca_running_firmware_log(vcca_running *v, vcca_span table, vcca_span log, struct vcca_error *err);
/* Whether a virtCCA guest has this file, and the bytes of one that is no device. */
bool vcca_running_has(const vcca_running *v, enum driver_node node);
vcca_span vcca_running_file(const vcca_running *v, enum driver_node node);
/* An ioctl of a device of the guest's kernel, which makes TSI calls for it. in: what it reads at its
 * argument, driver_in_size bytes. True, when *out has the answer, also that of an unknown number. */
VCCA_MUST_USE bool vcca_running_ioctl(vcca_running *v, enum driver_node node, uint32_t number, vcca_span in,
                                      struct driver_answer *out, struct vcca_error *err);

/* Standard input, output and error become /dev/null: whoever waits for their end need not wait for this
 * process. */
VCCA_MUST_USE bool vcca_leave_terminal(void);

/* One request without its newline; the answer with it. This is what the server does with a line, "trace"
 * with follow and "stop" apart. */
void vcca_control_answer(vcca_running *v, vcca_span request, vcca_sink *answer);

/* The other end. */
typedef struct vcca_client vcca_client;
vcca_client *vcca_client_open(const char *path, struct vcca_error *err);
void vcca_client_close(vcca_client *c);
/* Sends a line (with or without its newline), and reads the answer; the line lives until the next call.
 * False, with what the server says, when it answers that it did not do it. */
VCCA_MUST_USE bool vcca_client_ask(vcca_client *c, vcca_span request, vcca_span *answer, struct vcca_error *err);
/* The next line; *end when the server has closed the connection. */
VCCA_MUST_USE bool vcca_client_line(vcca_client *c, vcca_span *line, bool *end, struct vcca_error *err);
/* A member of the answer's object as text, into cap bytes; false when there is none. */
bool vcca_client_member(vcca_span answer, const char *name, char *buf, size_t cap);
/* A line of JSON for people: "name  value", nested objects indented. */
void vcca_client_text(vcca_span answer, vcca_sink *out);

/* The directory of reports of Linux's configfs-tsm (/sys/kernel/config/tsm/report), with the provider
 * arm_cca_guest, as a FUSE file system at a folder. In a virtCCA guest no provider is registered: mkdir
 * fails with ENXIO. Needs /dev/fuse, and root's rights or fusermount3. NULL on failure. Free with
 * vcca_tsm_unmount (before the VM). A watching process unmounts when this one is killed. */
typedef struct vcca_tsm vcca_tsm;
vcca_tsm *vcca_tsm_mount(vcca_running *v, const char *folder, struct vcca_error *err);
void vcca_tsm_unmount(vcca_tsm *t);

/* How a program reaches the devices of a virtCCA guest (rooms/driver.h): by a library that is loaded
 * before its own, or with a supervisor of its system calls. AUTO: the library where it can be loaded. */
enum vcca_program_devices { VCCA_DEVICES_AUTO, VCCA_DEVICES_PRELOAD, VCCA_DEVICES_SECCOMP };

/* A process that will run a command (ends with NULL) in a mount namespace of its own, in which the reports
 * are at their real path. Called before the process has threads; vcca_running_start makes some. NULL on
 * failure. Free with vcca_program_free (before the VM), which waits for the command to end. */
typedef struct vcca_program vcca_program;
vcca_program *vcca_program_new(const char *const *command, enum vcca_program_devices devices, struct vcca_error *err);
/* Serves its reports, and a virtCCA guest's devices, and starts the command. In a virtCCA guest it goes on
 * without reports where FUSE cannot be mounted. */
VCCA_MUST_USE bool vcca_program_start(vcca_program *p, vcca_running *v, struct vcca_error *err);
pid_t vcca_program_pid(const vcca_program *p);
/* Whether it has ended, and its exit code, as shells count: 128 and the signal's number. Does not wait. */
bool vcca_program_ended(vcca_program *p, int *code);
void vcca_program_free(vcca_program *p);

#endif
