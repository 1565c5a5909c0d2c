/* SPDX-License-Identifier: Apache-2.0 */
#include "support_vmm.h"

void support_split(const char *line, struct support_words *w)
{
  assert_true(strlen(line) < sizeof w->text);
  memcpy(w->text, line, strlen(line) + 1);
  w->count = 0;
  for (char *p = w->text; *p; p += strcspn(p, " ")) {
    if (*p == ' ')
      *p++ = '\0';
    if (*p && *p != ' ') {
      assert_true(w->count < sizeof w->word / sizeof *w->word);
      w->word[w->count++] = p;
    }
  }
}

bool support_plan(const char *vmm, const char *host, const char *line, const struct vcca_vmm_images *images,
                  struct support_words *words, struct vcca_vmm_plan *plan, struct vcca_error *err)
{
  struct vcca_host_caps caps = {.known = {false}};
  struct vcca_vmm_config config;
  memset(plan, 0, sizeof *plan);
  support_split(line, words);
  return vcca_host_caps_read(vcca_span_str(host), &caps, err) &&
         vcca_vmm_parse(vmm, words->word, words->count, NULL, NULL, &config, err) &&
         vcca_vmm_plan(&config, &caps, images, VCCA_RULES_ARM_1_0, NULL, NULL, plan, err);
}
