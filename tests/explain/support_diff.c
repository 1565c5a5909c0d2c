/* SPDX-License-Identifier: Apache-2.0 */
#include "support_diff.h"

#include "rooms/account.h"

struct support_vm support_a, support_b;

int support_pair_up(void **state)
{
  (void)state;
  support_vm_make(&support_a, (struct vcca_vm){.profile = "virtcca", .vcpus = 2});
  support_vm_make(&support_b, (struct vcca_vm){.profile = "virtcca", .vcpus = 2});
  return 0;
}

int support_pair_down(void **state)
{
  (void)state;
  support_vm_free(&support_a);
  support_vm_free(&support_b);
  return 0;
}

void support_words(struct support_diff *c)
{
  size_t n = 0;
  FILE *out = open_memstream(&c->text, &n);
  vcca_rim_diff_text(&c->d, "old", "new", out);
  fclose(out);
}

void support_compare(struct support_diff *c)
{
  struct vcca_error err = {0};
  check_ok(vcca_trace_plan(&support_a.plan, &c->t[0], &err), &err, "trace");
  check_ok(vcca_trace_plan(&support_b.plan, &c->t[1], &err), &err, "trace");
  check_ok(vcca_rim_diff(&c->t[0], &c->t[1], &c->d, &err), &err, "diff");
  support_words(c);
}

struct writing {
  FILE *out;
  enum vcca_hash_alg alg;
  uint64_t number;
};

static void put_step(void *ctx, const struct vcca_rim_step *step)
{
  struct writing *w = ctx;
  vcca_account_json(w->out, w->number++, w->alg, step);
}

void support_trace(const struct vcca_plan *plan, char **text, size_t *n)
{
  struct vcca_rim rim;
  struct writing w = {open_memstream(text, n), plan->params.hash_alg, 0};
  vcca_plan_measure(plan, put_step, &w, NULL, NULL, &rim);
  fclose(w.out);
}

void support_compare_file(struct support_diff *c)
{
  struct vcca_error err = {0};
  char *lines = NULL;
  size_t n = 0;
  support_trace(&support_a.plan, &lines, &n);
  check_ok(vcca_trace_read(vcca_span_of(lines, n), NULL, &c->t[0], &err), &err, "read");
  free(lines);
  check_ok(vcca_trace_plan(&support_b.plan, &c->t[1], &err), &err, "trace");
  check_ok(vcca_rim_diff(&c->t[0], &c->t[1], &c->d, &err), &err, "diff");
  support_words(c);
}

void support_release(struct support_diff *c)
{
  vcca_rim_diff_free(&c->d);
  vcca_trace_free(&c->t[0]);
  vcca_trace_free(&c->t[1]);
  free(c->text);
}

void support_has(const struct support_diff *c, const char *words)
{
  if (!strstr(c->text, words))
    fail_msg("no \"%s\" in:\n%s", words, c->text);
}

void support_run(const struct support_diff *c, size_t i, enum vcca_difference what, uint64_t base, size_t count)
{
  assert_true(i < c->d.run_count);
  assert_int_equal(c->d.runs[i].what, what);
  assert_int_equal(c->d.runs[i].base, base);
  assert_int_equal(c->d.runs[i].count, count);
}
