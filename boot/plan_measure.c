/* A plan's RIM without a machine: parameters, RIPAS blocks, granules, RECs, in the same order and pieces as
 * the real calls (host_rmi.c, host_tmi.c). All CPUs hash contents, directly from the images.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/plan.h"
#include "rooms/stage2.h"
#include "rooms/hash.h"

#include <string.h>

struct measuring {
  struct vcca_rim *rim;
  vcca_rim_hook hook;
  void *hook_ctx;
  vcca_progress progress;
  void *progress_ctx;
  uint64_t done, total;
};

/* Reports to the hook the extension that changed before into the RIM. */
static void tell(const struct measuring *ms, struct vcca_rim_step step, const uint8_t before[VCCA_MEASUREMENT_SIZE])
{
  if (!ms->hook)
    return;
  step.before = before;
  step.after = ms->rim->value;
  ms->hook(ms->hook_ctx, &step);
}

static void measure_params(struct measuring *ms, const struct vcca_plan *plan)
{
  static const uint8_t zeros[VCCA_MEASUREMENT_SIZE];
  vcca_rim_create(ms->rim, plan->rules, &plan->params);
  tell(ms, (struct vcca_rim_step){.kind = VCCA_STEP_CREATE, .flags = plan->params.flags}, zeros);
}

/* RTT_INIT_RIPAS extends once for each table entry. KVM creates a table only where an entry does not fit. */
static void measure_ripas(struct measuring *ms, unsigned ipa_bits, uint64_t base, uint64_t top)
{
  while (base < top) {
    uint64_t next = base + stage2_entry_size(stage2_block_level(ipa_bits, base, top));
    struct vcca_rim before = *ms->rim;
    if (vcca_rim_ripas(ms->rim, base, next))
      tell(ms, (struct vcca_rim_step){.kind = VCCA_STEP_RIPAS, .base = base, .top = next}, before.value);
    base = next;
  }
}

static void measure_page(struct measuring *ms, uint64_t ipa, const uint8_t *digest)
{
  struct vcca_rim before = *ms->rim;
  if (vcca_rim_data(ms->rim, ipa, digest))
    tell(ms, (struct vcca_rim_step){.kind = VCCA_STEP_DATA, .base = ipa, .flags = digest != NULL, .content = digest},
         before.value);
}

struct run {
  struct measuring *ms;
  const struct vcca_segment *segment;
};

/* n pages of the segment, beginning with page first. digests is NULL when the segment is not measured. */
static void measure_pages(void *ctx, size_t first, size_t n, const uint8_t *digests)
{
  const struct run *run = ctx;
  struct measuring *ms = run->ms;
  size_t size = vcca_hash_size(ms->rim->hash_alg);
  for (size_t i = 0; i < n; i++)
    measure_page(ms, run->segment->ipa + (first + i) * VCCA_PAGE, digests ? digests + i * size : NULL);
  ms->done += (uint64_t)n * VCCA_PAGE;
  if (ms->progress)
    ms->progress(ms->progress_ctx, ms->done, ms->total);
}

/* The segment has its digests already. */
static void measure_known(struct run *run, size_t pages)
{
  enum { AT_ONCE = 64 };
  const struct vcca_segment *s = run->segment;
  enum vcca_hash_alg alg = run->ms->rim->hash_alg;
  size_t held = s->content.n / VCCA_PAGE + (s->content.n % VCCA_PAGE != 0), known = held < pages ? held : pages;
  for (size_t first = 0; first < known; first += AT_ONCE)
    measure_pages(run, first, known - first < AT_ONCE ? known - first : AT_ONCE,
                  s->digests + first * vcca_hash_size(alg));
  for (size_t first = known; first < pages; first++)
    measure_pages(run, first, 1, vcca_hash_zero_page(alg));
}

/* The chain is serial. Contents are hashed before it, in parallel. */
static void measure_segment(struct measuring *ms, const struct vcca_segment *s)
{
  struct run run = {ms, s};
  size_t pages = (size_t)(s->size / VCCA_PAGE);
  if (s->measured && s->digests)
    measure_known(&run, pages);
  else if (s->measured)
    vcca_hash_pages_each(ms->rim->hash_alg, s->content, pages, measure_pages, &run);
  else
    measure_pages(&run, 0, pages, NULL);
}

static void measure_segments(struct measuring *ms, const struct vcca_plan *plan, bool after_recs)
{
  for (size_t i = 0; i < plan->segment_count; i++)
    if (plan->segments[i].after_recs == after_recs)
      measure_segment(ms, &plan->segments[i]);
}

static void measure_recs(struct measuring *ms, const struct vcca_plan *plan)
{
  static const struct vcca_rec_params other;
  for (unsigned i = 0; i < plan->vcpus; i++) {
    const struct vcca_rec_params *rec = i == 0 ? &plan->boot_rec : &other;
    struct vcca_rim before = *ms->rim;
    uint8_t content[VCCA_MEASUREMENT_SIZE];
    if (vcca_rim_rec(ms->rim, rec, content))
      tell(ms, (struct vcca_rim_step){.kind = VCCA_STEP_REC, .flags = rec->flags, .content = content}, before.value);
  }
}

static void measure_rest(struct measuring *ms, const struct vcca_plan *plan)
{
  for (size_t i = 0; i < plan->ripas_count; i++)
    measure_ripas(ms, (unsigned)plan->params.s2sz, plan->ripas[i].base, plan->ripas[i].top);
  measure_segments(ms, plan, false);
  measure_recs(ms, plan);
  measure_segments(ms, plan, true);
}

void plan_begin(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx, struct vcca_rim *rim)
{
  struct measuring ms = {.rim = rim, .hook = hook, .hook_ctx = hook_ctx};
  measure_params(&ms, plan);
}

void plan_extend(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx, struct vcca_rim *rim)
{
  struct measuring ms = {.rim = rim, .hook = hook, .hook_ctx = hook_ctx};
  measure_rest(&ms, plan);
}

void vcca_plan_measure(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx, vcca_progress progress,
                       void *progress_ctx, struct vcca_rim *out)
{
  struct measuring ms = {
      .rim = out, .hook = hook, .hook_ctx = hook_ctx, .progress = progress, .progress_ctx = progress_ctx};
  for (size_t i = 0; i < plan->segment_count; i++)
    ms.total += plan->segments[i].size;
  measure_params(&ms, plan);
  measure_rest(&ms, plan);
}
