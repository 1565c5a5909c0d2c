/* vcca measure: images, and a plan's computation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/measure.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/text.h"
#include "rooms/files.h"
#include "rooms/page_cache.h"
#include "rooms/account.h"

static bool map_image(struct vcca_files *files, const char *path, struct vcca_mapping *out, struct vcca_error *err)
{
  return path ? vcca_files_map(files, path, VCCA_IMAGE_MAX, out, err) : true;
}

static bool read_tree(struct vcca_files *files, const char *path, struct vcca_bytes *out, struct vcca_error *err)
{
  return path ? vcca_files_read(files, path, CLI_SMALL_MAX, out, err) : true;
}

bool measure_images(struct job *job, struct vcca_error *err)
{
  const struct measure_options *o = &job->o;
  struct vcca_files *files = job->args->files;
  if (!map_image(files, o->kernel, &job->kernel, err) || !map_image(files, o->initrd, &job->initrd, err) ||
      !map_image(files, o->firmware, &job->firmware, err) || !read_tree(files, o->dtb, &job->dtb, err) ||
      !read_tree(files, o->dtb_template, &job->dtb_template, err))
    return false;
  return vcca_kernel_unpack(&job->kernel, VCCA_UNPACKED_MAX, &job->unpacked, err) || vcca_fail_in(err, o->kernel);
}

bool measure_name_file(const struct job *job, struct vcca_error *err)
{
  const struct measure_options *o = &job->o;
  const struct {
    const char *role, *path;
  } files[] = {{"kernel", o->kernel},
               {"initrd", o->initrd},
               {"firmware", o->firmware},
               {"dtb", o->dtb},
               {"dtb-template", o->dtb_template}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (strcmp(err->source, files[i].role) == 0 && files[i].path)
      snprintf(err->source, sizeof err->source, "%s (%s)", files[i].path, files[i].role);
  return false;
}

vcca_span measure_kernel(const struct job *job)
{
  return job->unpacked.bytes.p ? job->unpacked.bytes : job->kernel.bytes;
}

/* The image that these bytes are; NULL: they were made, or are a copy. */
static struct vcca_mapping *image_of(struct job *job, vcca_span bytes)
{
  enum { IMAGES = 4 };
  struct vcca_mapping *const images[IMAGES] = {&job->kernel, &job->initrd, &job->firmware, &job->unpacked};
  for (size_t i = 0; i < IMAGES; i++)
    if (images[i]->bytes.p && images[i]->bytes.p == bytes.p)
      return images[i];
  return NULL;
}

bool measure_use_cache(struct job *job, struct vcca_error *err)
{
  const char *folder = job->o.cache;
  struct vcca_plan *plan = job->plan == &job->vm ? &job->vm : &job->vmm.plan;
  if (!folder)
    return true;
  if (!vcca_page_cache_open(folder, err))
    return false;
  for (size_t i = 0; i < plan->segment_count; i++) {
    struct vcca_segment *s = &plan->segments[i];
    struct vcca_mapping *image = s->measured ? image_of(job, s->content) : NULL;
    struct vcca_error why;
    if (!image || image->id.size == 0 || image->bytes.n != s->content.n)
      continue;
    if (vcca_page_cache_get(folder, image, plan->params.hash_alg, &job->cached[i], &why))
      s->digests = job->cached[i].at;
    else
      vcca_print(stderr, "vcca %s: no cache for the %s: %s\n", job->args->verb->name, vcca_role_name(s->role),
                 why.text);
  }
  return true;
}

void measure_step(void *ctx, const struct vcca_rim_step *step)
{
  struct job *job = ctx;
  if (job->operations) {
    vcca_json_open(job->operations, NULL, '{');
    vcca_account_members(job->operations, job->account.steps++, job->account.hash_alg, step);
    vcca_json_close(job->operations);
    return;
  }
  vcca_account_step(&job->account, step);
  if (job->trace.stream)
    vcca_account_json(job->trace.stream, job->account.steps - 1, job->account.hash_alg, step);
}

void measure_read(void *ctx, vcca_span bytes, size_t end)
{
  struct vcca_mapping *image = image_of(ctx, bytes);
  if (image)
    vcca_file_forget(image, end);
}

/* Images are measured once, in the plan's order: what lies behind is let go, so that memory does not grow
 * with them. */
void measure_progress(void *ctx, uint64_t done, uint64_t total)
{
  struct job *job = ctx;
  if (total > 0 && done * 1000 / total != job->shown) {
    job->shown = done * 1000 / total;
    progress_line("measuring", done, total, "MiB");
  }
  for (size_t i = 0; i < job->plan->segment_count && done > 0; i++) {
    const struct vcca_segment *s = &job->plan->segments[i];
    struct vcca_mapping *image = image_of(job, s->content);
    size_t behind = (size_t)(done < s->content.n ? done : s->content.n);
    if (image)
      vcca_file_forget(image, behind);
    vcca_file_forget(&job->cached[i].file, behind / VCCA_PAGE * vcca_hash_size(job->plan->params.hash_alg));
    done -= done < s->size ? done : s->size;
  }
}

bool measure_compute_plan(struct job *job, struct vcca_measured *out, struct vcca_error *err)
{
  (void)err;
  const struct vcca_plan *plan = job->plan;
  job->account.label_count = 0;
  for (size_t i = 0; i < plan->segment_count; i++)
    job->account.labels[job->account.label_count++] = (struct vcca_account_label){
        vcca_role_name(plan->segments[i].role), plan->segments[i].ipa, plan->segments[i].ipa + plan->segments[i].size};
  job->account.hash_alg = plan->params.hash_alg;
  vcca_plan_measure(plan, measure_step, job, measure_progress, job, &out->rim);
  out->has_rem = job->plan == &job->vmm.plan && vcca_vmm_rem0(&job->vmm, NULL, NULL, out->rem[0]);
  snprintf(out->profile, sizeof out->profile, "%s", plan->profile);
  return true;
}
