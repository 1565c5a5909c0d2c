/* Failures on request. They are met before a call is handled; a list of its own lock, so that a second
 * terminal can end the delay that a call is in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/running.h"
#include "rooms/error.h"
#include "rooms/json.h"
#include "rooms/guest.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const char continue_name[] = "ATTESTATION_TOKEN_CONTINUE";

bool injections_start(struct injections *i, struct vcca_error *err)
{
  if (pthread_mutex_init(&i->lock, NULL) != 0)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a running VM");
  if (pipe(i->wake) != 0) {
    i->wake[0] = i->wake[1] = 0;
    return vcca_fail(err, VCCA_FAULT_IO, "no pipe: too many files are open");
  }
  for (size_t k = 0; k < 2; k++) {
    fcntl(i->wake[k], F_SETFD, FD_CLOEXEC);
    fcntl(i->wake[k], F_SETFL, O_NONBLOCK);
  }
  return true;
}

void injections_free(struct injections *i)
{
  if (i->wake[1] != 0) {
    close(i->wake[0]);
    close(i->wake[1]);
  }
  pthread_mutex_destroy(&i->lock);
}

/* The pipe stays readable until the next delay is asked for. */
static void wake(struct injections *i)
{
  ssize_t written = write(i->wake[1], "", 1); /* full: readable already */
  (void)written;
}

void injections_end(struct injections *i)
{
  pthread_mutex_lock(&i->lock);
  i->ended = true;
  i->count = 0;
  wake(i);
  pthread_mutex_unlock(&i->lock);
}

bool vcca_running_inject(vcca_running *v, const struct vcca_injection *injection, struct vcca_error *err)
{
  struct injections *i = &v->injections;
  if (injection->kind == VCCA_INJECT_STATUS && !injection->command)
    return vcca_fail(err, VCCA_FAULT_USAGE, "which command is to be answered so?");
  if (injection->kind == VCCA_INJECT_DELAY && injection->milliseconds > VCCA_INJECT_DELAY_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a delay is at most %d milliseconds", VCCA_INJECT_DELAY_MAX);
  pthread_mutex_lock(&i->lock);
  bool room = i->count < VCCA_INJECTIONS && !i->ended;
  if (room) {
    char byte[64];
    while (read(i->wake[0], byte, sizeof byte) > 0)
      ;
    i->list[i->count++] = *injection;
  }
  pthread_mutex_unlock(&i->lock);
  return room ||
         vcca_fail(err, VCCA_FAULT_USAGE, "%d failures wait already; \"none\" takes them away", VCCA_INJECTIONS);
}

bool vcca_running_inject_none(vcca_running *v, struct vcca_error *err)
{
  pthread_mutex_lock(&v->injections.lock);
  v->injections.count = 0;
  wake(&v->injections);
  pthread_mutex_unlock(&v->injections.lock);
  return vcca_running_move(v, &v->own, err);
}

static bool concerns(const struct vcca_injection *rule, const struct vcca_command *command)
{
  if (rule->kind == VCCA_INJECT_INCOMPLETE)
    return strcmp(command->name, continue_name) == 0;
  return !rule->command || rule->command == command;
}

/* Counts a call that rule i met. */
static void count_down(struct injections *i, size_t at)
{
  struct vcca_injection *rule = &i->list[at];
  if (rule->times == 0 || --rule->times > 0)
    return;
  memmove(rule, rule + 1, (i->count - at - 1) * sizeof *rule);
  i->count--;
}

/* Delays add to whatever else is asked for; of the others, the first counts. */
bool injections_meet(void *ctx, const struct vcca_interface *interface, const struct vcca_command *command,
                     uint64_t rec, uint64_t *status)
{
  vcca_running *v = ctx;
  struct injections *i = &v->injections;
  unsigned milliseconds = 0;
  bool answered = false, interrupted = false;
  pthread_mutex_lock(&i->lock);
  for (size_t at = 0; at < i->count;) {
    struct vcca_injection rule = i->list[at];
    bool other = rule.kind != VCCA_INJECT_DELAY;
    if (interface == vcca_psci() || !concerns(&rule, command) || (other && (answered || interrupted))) {
      at++;
      continue;
    }
    size_t before = i->count;
    count_down(i, at);
    at += i->count == before;
    if (rule.kind == VCCA_INJECT_DELAY)
      milliseconds += rule.milliseconds;
    answered |= rule.kind == VCCA_INJECT_STATUS;
    interrupted |= rule.kind == VCCA_INJECT_INCOMPLETE;
    if (rule.kind == VCCA_INJECT_STATUS)
      *status = rule.status;
  }
  pthread_mutex_unlock(&i->lock);
  if (milliseconds > 0) {
    struct pollfd woken = {.fd = i->wake[0], .events = POLLIN};
    (void)poll(&woken, 1, (int)(milliseconds < VCCA_INJECT_DELAY_MAX ? milliseconds : VCCA_INJECT_DELAY_MAX));
  }
  if (interrupted)
    vcca_rec_set_irq(v->platform.machine, rec, true);
  return answered;
}

void injections_put(struct injections *i, struct vcca_json *j)
{
  static const char *const kinds[] = {
      [VCCA_INJECT_STATUS] = "status", [VCCA_INJECT_INCOMPLETE] = "incomplete", [VCCA_INJECT_DELAY] = "delay"};
  pthread_mutex_lock(&i->lock);
  vcca_json_open(j, "injected", '[');
  for (size_t at = 0; at < i->count; at++) {
    const struct vcca_injection *rule = &i->list[at];
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "what", kinds[rule->kind]);
    if (rule->command)
      vcca_json_str(j, "command", rule->command->name);
    if (rule->kind == VCCA_INJECT_STATUS)
      vcca_json_int(j, "status", (int64_t)rule->status);
    if (rule->kind == VCCA_INJECT_DELAY)
      vcca_json_int(j, "milliseconds", (int64_t)rule->milliseconds);
    vcca_json_int(j, "times", (int64_t)rule->times);
    vcca_json_close(j);
  }
  vcca_json_close(j);
  pthread_mutex_unlock(&i->lock);
}
