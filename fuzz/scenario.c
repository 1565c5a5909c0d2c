/* Any bytes as a YAML document, a device image and an operation list: the readers end, refuse with a place,
 * and what a device image says is the same after it was written and read again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "vcca/boot.h"
#include "vcca/hsm.h"
#include "vcca/scenario.h"
#include "vcca/verifier.h"
#include "rooms/yaml_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
  if (!holds)
    abort();
}

/* An error says what is wrong, and where unless the whole file is meant. */
static void must_be_told(const struct vcca_error *err)
{
  must(err->text[0] != '\0' && err->fault != VCCA_FAULT_NONE);
  must(err->line > 0 || err->has_offset || err->fault == VCCA_FAULT_MEMORY || err->fault == VCCA_FAULT_MALFORMED);
}

static void read_values(const struct tree_node *node)
{
  struct pool pool = {.left = 1 << 20};
  struct reading r = {.pool = &pool};
  struct value v;
  struct vcca_error err = {0};
  char text[400];
  for (int kind = VALUE_NUMBER; kind <= VALUE_ANY; kind++) {
    if (value_of_kind(&r, node, (enum value_kind)kind, &v, &err))
      must(strlen(value_print(&v, text, sizeof text)) < sizeof text);
    else
      must_be_told(&err);
  }
  pool_free(&pool);
}

/* Keys have places, counts are right, depth is bounded. */
static size_t walk(const struct tree_node *node, unsigned depth, unsigned *looked_at)
{
  size_t count = 0, nodes = 1;
  must(depth <= TREE_MAX_DEPTH && node->line > 0 && node->column > 0 && node->text.p[node->text.n] == '\0');
  if ((*looked_at)++ < 50)
    read_values(node);
  for (const struct tree_node *n = node->first; n; n = n->next, count++) {
    must(node->kind != TREE_MAP || (n->key_line > 0 && tree_get(node, (const char *)n->key.p) == n));
    nodes += walk(n, depth + 1, looked_at);
  }
  must(count == node->count);
  return nodes;
}

static void as_device(vcca_span text)
{
  static struct vcca_device device, again;
  static uint8_t room[64 << 10];
  vcca_sink yaml = VCCA_SINK(room);
  struct vcca_error err = {0};
  if (!vcca_device_load(text, &device, &err)) {
    must_be_told(&err);
    return;
  }
  vcca_device_save(&device, &yaml);
  must(vcca_sink_ok(&yaml) && vcca_device_load(vcca_sink_span(&yaml), &again, &err));
  must(memcmp(&device, &again, sizeof device) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vcca_span text = vcca_span_of(data, size);
  struct tree_doc doc;
  struct vcca_error err = {0};
  struct vcca_measured measured;
  unsigned looked_at = 0;
  if (tree_read(text, &doc, &err)) {
    must(walk(doc.root, 0, &looked_at) <= TREE_MAX_NODES);
    tree_free(&doc);
  } else {
    must_be_told(&err);
  }
  as_device(text);
  if (!vcca_ops_measure(text, NULL, NULL, NULL, NULL, &measured, &err))
    must_be_told(&err);
  return 0;
}
