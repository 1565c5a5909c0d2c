/* The host: its memory, its SMCs, and the VMs that it started and can destroy.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/host.h"
#include "rooms/error.h"
#include "rooms/interface.h"
#include "rooms/span.h"
#include "rooms/rmm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- Host memory ------------------------------------------------------------------------------------------ */

/* 1 TiB: enough, and the bits for all granules fit into memory. */
#define POOL_MAX (UINT64_C(1) << 28)
#define NO_PA UINT64_MAX

static bool in_pool(const struct vcca_host *h, const struct vcca_region *r)
{
  return h->rmi ? r->delegable : !r->secure;
}

/* The granule with index i from the top, NO_PA beyond the last. */
static uint64_t pool_pa(const struct vcca_host *h, uint64_t i)
{
  const struct vcca_machine_config *config = vcca_machine_config(h->m);
  for (size_t r = config->region_count; r-- > 0;) {
    const struct vcca_region *region = &config->regions[r];
    uint64_t granules = in_pool(h, region) ? region->size / PAGE_4K : 0;
    if (i < granules)
      return region->base + (granules - 1 - i) * PAGE_4K;
    i -= granules;
  }
  return NO_PA;
}

static uint64_t pool_index(const struct vcca_host *h, uint64_t pa)
{
  const struct vcca_machine_config *config = vcca_machine_config(h->m);
  uint64_t before = 0;
  for (size_t r = config->region_count; r-- > 0;) {
    const struct vcca_region *region = &config->regions[r];
    uint64_t granules = in_pool(h, region) ? region->size / PAGE_4K : 0;
    if (granules && pa >= region->base && pa - region->base < region->size)
      return before + granules - 1 - (pa - region->base) / PAGE_4K;
    before += granules;
  }
  return NO_PA;
}

static bool pool_open(struct vcca_host *h, struct vcca_error *err)
{
  const struct vcca_machine_config *config = vcca_machine_config(h->m);
  for (size_t r = 0; r < config->region_count; r++)
    if (in_pool(h, &config->regions[r]))
      h->pool.granules += config->regions[r].size / PAGE_4K;
  if (h->pool.granules > POOL_MAX)
    h->pool.granules = POOL_MAX;
  h->pool.used = calloc((size_t)(h->pool.granules / 64 + 1), sizeof *h->pool.used);
  return h->pool.used ? true
                      : vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the host's list of %" PRIu64 " granules",
                                  h->pool.granules);
}

static bool pool_used(const struct host_pool *pool, uint64_t i)
{
  return pool->used[i / 64] >> (i % 64) & 1;
}

static void pool_mark(struct host_pool *pool, uint64_t i, bool used)
{
  uint64_t bit = UINT64_C(1) << (i % 64);
  pool->used[i / 64] = used ? pool->used[i / 64] | bit : pool->used[i / 64] & ~bit;
}

/* Whether granules i to i+n-1 are free and aligned as one block: used neither by the host nor by calls of
 * others. */
static bool pool_block(const struct vcca_host *h, uint64_t i, unsigned n)
{
  uint64_t bottom = pool_pa(h, i + n - 1);
  if (bottom % ((uint64_t)n * PAGE_4K) != 0 || pool_pa(h, i) != bottom + (uint64_t)(n - 1) * PAGE_4K)
    return false;
  for (unsigned k = 0; k < n; k++) {
    enum vcca_granule_state state;
    enum vcca_pas pas;
    if (pool_used(&h->pool, i + k) || !vcca_granule_at(h->m, bottom + (uint64_t)k * PAGE_4K, &state, &pas) ||
        state != VCCA_GRANULE_UNDELEGATED || pas != VCCA_PAS_NS)
      return false;
  }
  return true;
}

bool host_take(struct vcca_host *h, unsigned n, uint64_t *pa, struct vcca_error *err)
{
  struct host_pool *pool = &h->pool;
  while (pool->first < pool->granules && pool_used(pool, pool->first))
    pool->first++;
  for (uint64_t i = pool->first; i + n <= pool->granules; i++) {
    if (!pool_block(h, i, n))
      continue;
    for (unsigned k = 0; k < n; k++)
      pool_mark(pool, i + k, true);
    *pa = pool_pa(h, i + n - 1);
    return true;
  }
  return vcca_fail(err, VCCA_FAULT_MEMORY,
                   "the machine has no host memory left (%" PRIu64 " MiB): give it larger regions",
                   in_mib(pool->granules * PAGE_4K));
}

void host_give(struct vcca_host *h, uint64_t pa, unsigned n)
{
  for (unsigned k = 0; k < n; k++) {
    uint64_t i = pool_index(h, pa + (uint64_t)k * PAGE_4K);
    if (i >= h->pool.granules)
      continue; /* a granule that another caller gave */
    pool_mark(&h->pool, i, false);
    if (i < h->pool.first)
      h->pool.first = i;
  }
}

uint64_t host_source(struct vcca_host *h, vcca_span content)
{
  static const uint8_t zeros[PAGE_4K];
  if (vcca_span_zero(content))
    return h->zero_page;
  bool written = vcca_host_write(h->m, h->page, content);
  if (written && content.n < PAGE_4K)
    written = vcca_host_write(h->m, h->page + content.n, vcca_span_of(zeros, PAGE_4K - content.n));
  return written ? h->page : NO_PA;
}

/* --- Contents of segments ----------------------------------------------------------------------------------- */

struct populating {
  struct vcca_host *h;
  const struct host_vm *vm;
  const struct vcca_segment *segment;
  host_create create;
  struct host_progress *progress;
  struct vcca_error *err;
  bool lasting, ok;
};

static void populate_page(struct populating *p, size_t page)
{
  const struct vcca_segment *s = p->segment;
  uint64_t at = (uint64_t)page * PAGE_4K;
  vcca_span content = vcca_span_sub(s->content, (size_t)at, PAGE_4K);
  bool lent = content.n == PAGE_4K && vcca_host_lend(p->h->m, p->h->page, content, p->lasting);
  uint64_t source = lent ? p->h->page : host_source(p->h, content);
  p->ok = p->create(p->h, p->vm, s->ipa + at, source, s->measured, p->err);
  if (p->ok && ((at + PAGE_4K) % BLOCK_2M == 0 || at + PAGE_4K == s->size))
    host_progress_add(p->progress, at % BLOCK_2M + PAGE_4K);
}

static void populate_pages(void *populating, size_t first, size_t n)
{
  struct populating *p = populating;
  for (size_t i = 0; i < n && p->ok; i++)
    populate_page(p, first + i);
}

bool host_populate(struct vcca_host *h, const struct host_vm *vm, const struct vcca_plan *plan,
                   const struct vcca_segment *s, host_create create, struct host_progress *progress,
                   struct vcca_error *err)
{
  struct populating p = {h, vm, s, create, progress, err, .lasting = plan->lasting, .ok = true};
  size_t whole = s->measured ? s->content.n / PAGE_4K : 0;
  vcca_host_hash_ahead(h->m, plan->params.hash_alg, vcca_span_sub(s->content, 0, whole * PAGE_4K), populate_pages, &p);
  populate_pages(&p, whole, (size_t)(s->size / PAGE_4K) - whole);
  return p.ok;
}

/* --- Calls ------------------------------------------------------------------------------------------------ */

static const struct vcca_interface *interface_of(const struct vcca_host *h)
{
  return h->rmi ? vcca_rmi() : vcca_tmi();
}

uint64_t host_smc(struct vcca_host *h, uint64_t fid, const uint64_t args[HOST_ARGS])
{
  for (unsigned i = 0; i < VCCA_SMC_REGS; i++)
    h->x[i] = 0;
  h->x[0] = fid;
  for (unsigned i = 0; i < HOST_ARGS; i++)
    h->x[1 + i] = h->args[i] = args[i];
  vcca_smc(h->m, h->x);
  return h->x[h->rmi ? 0 : 1];
}

bool host_refused(const struct vcca_host *h, uint64_t fid, struct vcca_error *err)
{
  const struct vcca_interface *interface = interface_of(h);
  const struct vcca_command *command = vcca_command_with_fid(interface, fid);
  uint64_t word = h->x[interface->status_register];
  const char *status =
      word ? vcca_interface_status(interface, word) : "no handle"; /* where a handle is expected, zero means refused */
  const char *inputs = command ? command->inputs : "";
  char text[200] = "";
  size_t n = 0;

  vcca_span name, kind;
  for (unsigned i = 0; i < HOST_ARGS && n < sizeof text && vcca_word_next(&inputs, ':', &name, &kind); i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s 0x%" PRIx64, i ? ", " : "", (int)name.n,
                          (const char *)name.p, h->args[i]);
  return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "%s %s(%s) was refused: %s (0x%" PRIx64 ")", interface->name,
                   command ? command->name : "call", text, status ? status : "unknown status", word);
}

/* --- VMs -------------------------------------------------------------------------------------------------- */

void host_progress_add(struct host_progress *progress, uint64_t bytes)
{
  progress->done += bytes;
  if (progress->tell)
    progress->tell(progress->ctx, progress->done, progress->total);
}

vcca_host *vcca_host_new(vcca_machine *m, struct vcca_error *err)
{
  struct vcca_host *h = calloc(1, sizeof *h);
  if (!h) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a host");
    return NULL;
  }
  h->m = m;
  h->rmi = vcca_machine_config(m)->abi == VCCA_ABI_RMI;
  if (!pool_open(h, err) || !host_take(h, 1, &h->zero_page, err) || !host_take(h, 1, &h->page, err)) {
    vcca_host_free(h);
    return NULL;
  }
  return h;
}

void vcca_host_free(vcca_host *host)
{
  if (!host)
    return;
  for (struct host_vm *vm = host->vms, *next; vm; vm = next) {
    next = vm->next;
    free(vm);
  }
  free(host->pool.used);
  free(host);
}

/* The highest 8-bit VMID that no VM of this host has. Low VMIDs, too, stay free for calls that a user
 * makes. */
static unsigned free_vmid(const struct vcca_host *h)
{
  for (unsigned vmid = 0xff;; vmid--) {
    const struct host_vm *vm = h->vms;
    while (vm && vm->vmid != vmid)
      vm = vm->next;
    if (!vm)
      return vmid;
  }
}

static bool destroy(struct vcca_host *h, struct host_vm *vm, struct vcca_error *err)
{
  if (!(h->rmi ? host_rmi_destroy(h, vm, err) : host_tmi_destroy(h, vm, err)))
    return false;
  for (struct host_vm **at = &h->vms; *at; at = &(*at)->next)
    if (*at == vm) {
      *at = vm->next;
      break;
    }
  free(vm);
  return true;
}

/* Clears one of the host's own pages. */
static bool blank(struct vcca_host *h, uint64_t pa, struct vcca_error *err)
{
  static const uint8_t zeros[PAGE_4K];
  return vcca_host_lend(h->m, pa, VCCA_SPAN(zeros), true) ||
         vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "host page 0x%" PRIx64 " is in use by a realm", pa);
}

bool vcca_host_boot(vcca_host *host, const struct vcca_plan *plan, vcca_progress progress, void *progress_ctx,
                    struct vcca_booted *out, struct vcca_error *err)
{
  struct vcca_error ignored; /* report the first refusal */
  if (host->rmi == (plan->rules == VCCA_RULES_VIRTCCA))
    return vcca_fail(err, VCCA_FAULT_USAGE, "profile %s does not fit a machine with %s", plan->profile,
                     host->rmi ? "RMI" : "TMI");
  if (!blank(host, host->zero_page, err))
    return false;

  struct host_vm *vm = calloc(1, sizeof *vm);
  if (!vm)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a VM");
  vm->vmid = free_vmid(host);
  vm->ipa_bits = (unsigned)plan->params.s2sz;
  vm->roots = stage2_roots(vm->ipa_bits);
  vm->next = host->vms;
  host->vms = vm;

  struct host_progress going = {.tell = progress, .ctx = progress_ctx};
  for (size_t i = 0; i < plan->segment_count; i++)
    going.total += plan->segments[i].size;
  bool built = host->rmi ? host_rmi_boot(host, vm, plan, &going, err) : host_tmi_boot(host, vm, plan, &going, err);
  if (!blank(host, host->page,
             built ? err : &ignored)) /* stop referring to the caller's pages: it can free them after this call */
    built = false;
  if (!built)
    return destroy(host, vm, &ignored) && false;
  *out = (struct vcca_booted){.rd = vm->rd, .recs = vm->recs};
  for (unsigned i = 0; i < vm->recs; i++)
    out->rec[i] = vm->rec[i];
  return true;
}

/* The VM that has the REC; NULL when another caller made the REC. */
static const struct host_vm *vm_with(const struct vcca_host *h, uint64_t rec)
{
  for (const struct host_vm *vm = h->vms; vm; vm = vm->next)
    for (unsigned i = 0; i < vm->recs; i++)
      if (vm->rec[i] == rec)
        return vm;
  return NULL;
}

uint64_t vcca_host_run(vcca_host *host, uint64_t rec, uint64_t flags, unsigned *exit_reason)
{
  uint8_t record[PAGE_4K] = {0};
  vcca_put_le64(record, flags);
  bool written = vcca_host_write(host->m, host->page, VCCA_SPAN(record)); /* if not, the monitor refuses the call */
  uint64_t status = SMC(host, host->rmi ? RMI_REC_ENTER : TMI_TEC_ENTER, rec, host->page);
  vcca_sink out = VCCA_SINK(record);
  bool read = written && vcca_host_read(host->m, host->page, &out, sizeof record);
  *exit_reason = read ? record[host->rmi ? RMI_EXIT_REASON : TMI_EXIT_REASON] : 0;
  const struct host_vm *vm =
      status == 0 && host->rmi && *exit_reason == RMI_EXIT_RIPAS_CHANGE ? vm_with(host, rec) : NULL;
  if (vm)
    host_rmi_change_ripas(host, vm, rec, vcca_le64(record + RMI_EXIT_RIPAS_BASE),
                          vcca_le64(record + RMI_EXIT_RIPAS_TOP));
  return status;
}

bool vcca_host_destroy(vcca_host *host, const struct vcca_booted *booted, struct vcca_error *err)
{
  for (struct host_vm *vm = host->vms; vm; vm = vm->next)
    if (vm->created && vm->rd == booted->rd)
      return destroy(host, vm, err);
  return vcca_fail(err, VCCA_FAULT_USAGE, "this host started no VM with rd 0x%" PRIx64, booted->rd);
}

void vcca_host_regions(const struct vcca_plan *plan, struct vcca_machine_config *config)
{
  const uint64_t base = UINT64_C(0x80000000),
                 tmm_pool = UINT64_C(0x1000000000000) / 4; /* 64 TiB: above all host memory */
  uint64_t memory = plan->ram_size;
  for (size_t i = 0; i < plan->segment_count; i++)
    memory += plan->segments[i].size;
  /* Room for tables and RECs: a table maps 512 granules, a REC has at most 16 auxiliary granules, a realm at
   * most 16 root tables. */
  uint64_t inner = memory + memory / 256 + (uint64_t)plan->vcpus * (REC_AUX_MAX + 2) * PAGE_4K + 64 * (uint64_t)MIB;
  inner = round_up(inner, BLOCK_2M);

  config->region_count = 0;
  if (plan->rules != VCCA_RULES_VIRTCCA) {
    config->regions[config->region_count++] = (struct vcca_region){.base = base, .size = inner, .delegable = true};
    return;
  }
  config->regions[config->region_count++] = (struct vcca_region){.base = base, .size = 64 * (uint64_t)MIB};
  config->regions[config->region_count++] = (struct vcca_region){.base = tmm_pool, .size = inner, .secure = true};
}
