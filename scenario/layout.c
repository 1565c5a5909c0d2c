/* Pages of parameters by field name: RmiRealmParams, RmiRecParams and RmiRecRun (RMM specification 1.0-rel0
 * B4.5), tmi_cvm_params, tmi_tec_params and tmi_tec_run (virtCCA's kvm_tmi.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scenario/runner.h"
#include "rooms/span.h"

struct slot {
  const char *name;
  uint16_t offset;
  uint8_t width; /* bytes of a number; 0: bytes, count of them */
  uint8_t count; /* numbers, as a list when more than one */
};

static const struct slot realm_params[] = {
    {"flags", 0x000, 8, 1},
    {"s2sz", 0x008, 1, 1},
    {"sve_vl", 0x010, 1, 1},
    {"num_bps", 0x018, 1, 1},
    {"num_wps", 0x020, 1, 1},
    {"pmu_num_ctrs", 0x028, 1, 1},
    {"hash_algo", 0x030, 1, 1},
    {"rpv", 0x400, 0, 64},
    {"vmid", 0x800, 2, 1},
    {"rtt_base", 0x808, 8, 1},
    {"rtt_level_start", 0x810, 8, 1},
    {"rtt_num_start", 0x818, 4, 1},
};
static const struct slot rec_params[] = {
    {"flags", 0x000, 8, 1}, {"mpidr", 0x100, 8, 1},   {"pc", 0x200, 8, 1},
    {"gprs", 0x300, 8, 8},  {"num_aux", 0x800, 8, 1}, {"aux", 0x808, 8, 16},
};
static const struct slot rec_run[] = {
    {"flags", 0x000, 8, 1},
    {"gprs", 0x200, 8, 31},
    {"gicv3_hcr", 0x300, 8, 1},
    {"gicv3_lrs", 0x308, 8, 16},
};
static const struct slot cvm_params[] = {
    {"flags", 0x000, 8, 1},         {"s2sz", 0x008, 8, 1},     {"sve_vl", 0x010, 8, 1},
    {"num_bps", 0x018, 8, 1},       {"num_wps", 0x020, 8, 1},  {"pmu_num_cnts", 0x028, 8, 1},
    {"hash_algo", 0x030, 8, 1},     {"vmid", 0x038, 8, 1},     {"ns_vtcr", 0x040, 8, 1},
    {"vttbr_el2", 0x048, 8, 1},     {"ttt_base", 0x050, 8, 1}, {"ttt_level_start", 0x058, 8, 1},
    {"ttt_num_start", 0x060, 8, 1}, {"rpv", 0x068, 0, 64},
};
static const struct slot tec_params[] = {
    {"gprs", 0x000, 8, 8},
    {"pc", 0x040, 8, 1},
    {"flags", 0x048, 8, 1},
    {"ram_size", 0x050, 8, 1},
};
static const struct slot tec_run[] = {
    {"flags", 0x000, 8, 1},
    {"gprs", 0x008, 8, 31},
    {"gicv3_lrs", 0x100, 8, 16},
    {"gicv3_hcr", 0x180, 8, 1},
};

static const struct layout {
  const char *command, *input, *words;
  const struct slot *slots;
  size_t count;
} layouts[] = {
    {"REALM_CREATE", "params",
     "flags s2sz sve_vl num_bps num_wps pmu_num_ctrs hash_algo rpv vmid rtt_base rtt_level_start rtt_num_start",
     realm_params, sizeof realm_params / sizeof *realm_params},
    {"REC_CREATE", "params", "flags mpidr pc gprs num_aux aux", rec_params, sizeof rec_params / sizeof *rec_params},
    {"REC_ENTER", "run", "flags gprs gicv3_hcr gicv3_lrs", rec_run, sizeof rec_run / sizeof *rec_run},
    {"CVM_CREATE", "params",
     "flags s2sz sve_vl num_bps num_wps pmu_num_cnts hash_algo vmid ns_vtcr vttbr_el2 ttt_base ttt_level_start "
     "ttt_num_start rpv",
     cvm_params, sizeof cvm_params / sizeof *cvm_params},
    {"TEC_CREATE", "params", "gprs pc flags ram_size", tec_params, sizeof tec_params / sizeof *tec_params},
    {"TEC_ENTER", "run", "flags gprs gicv3_lrs gicv3_hcr", tec_run, sizeof tec_run / sizeof *tec_run},
};

static const struct layout *find_layout(const struct vcca_command *command, vcca_span input)
{
  for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
    if (strcmp(command->name, layouts[i].command) == 0 && vcca_span_is(input, layouts[i].input))
      return &layouts[i];
  return NULL;
}

bool layout_exists(const struct vcca_command *command, vcca_span input)
{
  return find_layout(command, input) != NULL;
}

bool layout_is_said(const struct vcca_command *command, const struct tree_node *input)
{
  bool bytes = input->kind == TREE_MAP && input->first &&
               tree_word_in(input->first->key, "hex text file zero fill ramp hash make");
  return input->kind == TREE_MAP && !bytes && layout_exists(command, input->key);
}

bool layout_words(const struct vcca_command *command, const struct tree_node *input, struct vcca_error *err)
{
  return tree_only(input, find_layout(command, input->key)->words, "this page", err);
}

static void put_number(uint8_t *at, unsigned width, uint64_t v)
{
  for (unsigned i = 0; i < width; i++)
    at[i] = (uint8_t)(v >> (8 * i));
}

static bool read_number(const struct reading *r, const struct slot *slot, const struct tree_node *node, uint8_t *at,
                        struct vcca_error *err)
{
  uint64_t v = 0;
  if (!value_number(r, node, &v, err))
    return false;
  if (slot->width < 8 && v >> (8 * slot->width))
    return tree_fail(node, err, "\"%s\" has %u bytes in the page, the number needs more", slot->name, slot->width);
  put_number(at, slot->width, v);
  return true;
}

static bool read_slot(const struct reading *r, const struct slot *slot, const struct tree_node *map,
                      uint8_t page[VCCA_PAGE], struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, slot->name);
  uint8_t *at = page + slot->offset;
  if (!node)
    return true;
  if (slot->width == 0)
    return get_array(r, map, slot->name, at, slot->count, err);
  if (slot->count == 1)
    return read_number(r, slot, node, at, err);
  if (node->kind != TREE_LIST || node->count > slot->count)
    return tree_fail(node, err, "\"%s\" is a list of at most %u numbers", slot->name, slot->count);
  for (const struct tree_node *n = node->first; n; n = n->next, at += slot->width)
    if (!read_number(r, slot, n, at, err))
      return false;
  return true;
}

bool layout_read(const struct reading *r, const struct vcca_command *command, vcca_span input,
                 const struct tree_node *map, uint8_t page[VCCA_PAGE], struct vcca_error *err)
{
  const struct layout *layout = find_layout(command, input);
  memset(page, 0, VCCA_PAGE);
  if (!layout || !tree_only(map, layout->words, "this page", err))
    return false;
  for (size_t i = 0; i < layout->count; i++)
    if (!read_slot(r, &layout->slots[i], map, page, err))
      return false;
  return true;
}
