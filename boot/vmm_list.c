/* Reads lists in options of VMMs: QEMU's key=value (util/keyval.c, util/qemu-option.c), its JSON
 * (qobject/json-parser.c), and cloud-hypervisor's (option_parser/src/lib.rs).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm.h"
#include "rooms/error.h"
#include "rooms/span.h"

enum { DEPTH_MAX = 32 };

void vmm_list_open(struct vmm_list *l, enum vmm_style style, bool json, vcca_span text)
{
  l->text = text;
  l->at = 0;
  l->style = style;
  l->json = json && text.n > 0 && text.p[0] == '{';
  l->ended = false;
  l->count = 0;
}

static int fail(const struct vmm_list *l, const char *what, const char *why, struct vcca_error *err)
{
  (void)vcca_fail(err, VCCA_FAULT_USAGE, "%s: byte %zu of it: %s", what, l->at, why);
  return -1;
}

/* --- key=value -------------------------------------------------------------------------------------------- */

/* The end of the member that starts at at: a comma that is not doubled, in quotes or in brackets. quoted: the
 * text must be decoded. */
static size_t member_end(const struct vmm_list *l, bool *special, bool *open)
{
  bool quotes = false;
  unsigned brackets = 0;
  size_t at = l->at;
  *special = false;
  for (; at < l->text.n; at++) {
    uint8_t c = l->text.p[at];
    if (l->style == VMM_CLAP && c == '"')
      quotes = !quotes;
    if (l->style == VMM_CLAP && !quotes && c == '[')
      brackets++;
    if (l->style == VMM_CLAP && !quotes && c == ']')
      brackets -= brackets > 0;
    *special |= l->style == VMM_CLAP && c == '"';
    if (c != ',' || quotes || brackets)
      continue;
    if (l->style != VMM_QEMU || at + 1 == l->text.n || l->text.p[at + 1] != ',')
      break;
    *special = true;
    at++;
  }
  *open = quotes || brackets;
  return at;
}

/* The text with one of two commas, or without quotes. */
static bool write_out(struct vmm_list *l, vcca_span *text)
{
  size_t n = 0;
  for (size_t i = 0; i < text->n; i++) {
    if (l->style == VMM_CLAP && text->p[i] == '"')
      continue;
    if (n == sizeof l->room)
      return false;
    l->room[n++] = text->p[i];
    if (l->style == VMM_QEMU && text->p[i] == ',' && i + 1 < text->n && text->p[i + 1] == ',')
      i++;
  }
  *text = vcca_span_of(l->room, n);
  return true;
}

static int next_text(struct vmm_list *l, const char *what, struct vmm_member *out, struct vcca_error *err)
{
  bool special, open;
  size_t end = member_end(l, &special, &open), equals = l->at;
  if (open)
    return fail(l, what, "a quote or bracket is not closed", err);
  while (equals < end && l->text.p[equals] != '=')
    equals++;
  out->bare = equals == end;
  out->key = vcca_span_sub(l->text, l->at, equals - l->at);
  out->text = out->bare ? out->key : vcca_span_sub(l->text, equals + 1, end - equals - 1);
  out->type = VMM_ANY;
  if (special && !write_out(l, &out->text))
    return fail(l, what, "a value of more than 4096 bytes", err);
  l->at = end + 1;
  l->ended = l->at >= l->text.n; /* the list can end with a comma */
  l->count++;
  return 1;
}

/* --- JSON ------------------------------------------------------------------------------------------------- */

static uint8_t peek(const struct vmm_list *l)
{
  return l->at < l->text.n ? l->text.p[l->at] : 0;
}

static void skip_space(struct vmm_list *l)
{
  while (peek(l) == ' ' || peek(l) == '\t' || peek(l) == '\n' || peek(l) == '\r')
    l->at++;
}

static bool put(uint8_t *room, size_t size, size_t *n, unsigned c)
{
  return *n < size && (room[(*n)++] = (uint8_t)c, true);
}

/* Writes a code point as UTF-8. Half of a surrogate pair is not a code point. */
static bool put_point(uint8_t *room, size_t size, size_t *n, unsigned c)
{
  if (c == 0 || (c >= 0xd800 && c < 0xe000))
    return false;
  if (c < 0x80)
    return put(room, size, n, c);
  if (c < 0x800)
    return put(room, size, n, 0xc0 | c >> 6) && put(room, size, n, 0x80 | (c & 63));
  return put(room, size, n, 0xe0 | c >> 12) && put(room, size, n, 0x80 | (c >> 6 & 63)) &&
         put(room, size, n, 0x80 | (c & 63));
}

static int hex_digit(uint8_t c)
{
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* Reads what follows a backslash. */
static bool read_escape(struct vmm_list *l, uint8_t *room, size_t size, size_t *n)
{
  static const char from[] = "\"'\\/bfnrt", to[] = "\"'\\/\b\f\n\r\t";
  uint8_t c = peek(l);
  const char *found = c ? strchr(from, c) : NULL;
  unsigned point = 0;
  l->at++;
  if (found)
    return put(room, size, n, (uint8_t)to[found - from]);
  for (unsigned i = 0; c == 'u' && i < 4; i++, l->at++) {
    int digit = hex_digit(peek(l));
    if (digit < 0)
      return false;
    point = point << 4 | (unsigned)digit;
  }
  return c == 'u' && put_point(room, size, n, point);
}

/* Reads a string in double quotes or, as QEMU allows, in single quotes. */
static bool read_string(struct vmm_list *l, uint8_t *room, size_t size, vcca_span *out)
{
  uint8_t quote = peek(l);
  size_t n = 0;
  for (l->at++; l->at < l->text.n && l->text.p[l->at] != quote;) {
    uint8_t c = l->text.p[l->at++];
    if (c < ' ' || !(c == '\\' ? read_escape(l, room, size, &n) : put(room, size, &n, c)))
      return false;
  }
  *out = vcca_span_of(room, n);
  return l->at < l->text.n && l->text.p[l->at++] == quote;
}

/* Skips an object or array: no option that matters has one. */
static bool skip_nested(struct vmm_list *l)
{
  uint8_t open[DEPTH_MAX], quote = 0;
  size_t depth = 0;
  for (; l->at < l->text.n; l->at++) {
    uint8_t c = l->text.p[l->at];
    if (quote) {
      l->at += c == '\\';
      quote = c == quote ? 0 : quote;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{' || c == '[') {
      if (depth == DEPTH_MAX)
        return false;
      open[depth++] = c == '{' ? '}' : ']';
    } else if (c == '}' || c == ']') {
      if (depth == 0 || open[--depth] != c)
        return false;
      if (depth == 0)
        return l->at++, true;
    }
  }
  return false;
}

static bool read_plain(struct vmm_list *l, struct vmm_member *out)
{
  size_t from = l->at;
  uint8_t c;
  while ((c = peek(l)) == '+' || c == '-' || c == '.' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'))
    l->at++;
  vcca_span text = vcca_span_sub(l->text, from, l->at - from);
  bool on = vcca_span_is(text, "true"),
       number = text.n > 0 && (text.p[0] == '-' || (text.p[0] >= '0' && text.p[0] <= '9'));
  for (size_t i = 0; number && i < text.n; i++)
    number = (text.p[i] >= '0' && text.p[i] <= '9') || strchr("+-.eE", text.p[i]);
  out->type = number ? VMM_NUM : VMM_BOOL;
  out->text = number ? text : on ? VCCA_SPAN_LIT("on") : VCCA_SPAN_LIT("off");
  return number || on || vcca_span_is(text, "false");
}

static bool read_json_value(struct vmm_list *l, struct vmm_member *out)
{
  uint8_t c = peek(l);
  if (c == '"' || c == '\'') {
    out->type = VMM_STRING;
    return read_string(l, l->room, sizeof l->room, &out->text);
  }
  if (c != '{' && c != '[')
    return read_plain(l, out);
  size_t from = l->at;
  bool good = skip_nested(l);
  out->type = VMM_NESTED;
  out->text = vcca_span_sub(l->text, from, l->at - from);
  return good;
}

/* The end of the object, which must be the end of the argument. */
static int end_json(struct vmm_list *l, const char *what, struct vcca_error *err)
{
  l->at++;
  skip_space(l);
  l->ended = true;
  return l->at == l->text.n ? 0 : fail(l, what, "JSON continues after its object", err);
}

static bool seen_before(const struct vmm_list *l, vcca_span raw)
{
  for (size_t i = 0; i < l->count; i++)
    if (vcca_span_eq(vcca_span_sub(l->seen[i], 1, l->seen[i].n - 2), vcca_span_sub(raw, 1, raw.n - 2)))
      return true;
  return false;
}

static int next_json(struct vmm_list *l, const char *what, struct vmm_member *out, struct vcca_error *err)
{
  l->at += l->count == 0; /* the brace */
  skip_space(l);
  if (peek(l) == '}')
    return end_json(l, what, err);
  if (l->count > 0 && peek(l) != ',')
    return fail(l, what, "JSON: a comma or } is wanted", err);
  l->at += l->count > 0;
  skip_space(l);
  size_t from = l->at;
  if ((peek(l) != '"' && peek(l) != '\'') || !read_string(l, l->key_room, sizeof l->key_room, &out->key))
    return fail(l, what, "JSON: expected a key in quotes, of at most 64 bytes", err);
  vcca_span raw = vcca_span_sub(l->text, from, l->at - from);
  if (seen_before(l, raw)) {
    l->at = from;
    return fail(l, what, "JSON: the object has this key already", err);
  }
  if (l->count == VMM_LIST_KEYS)
    return fail(l, what, "JSON: more than 64 keys", err);
  skip_space(l);
  if (peek(l) != ':')
    return fail(l, what, "JSON: expected a colon", err);
  l->at++;
  skip_space(l);
  if (!read_json_value(l, out))
    return fail(l, what, "JSON: expected a value (a string, true, false, a number, an object or an array)", err);
  out->bare = false;
  l->seen[l->count++] = raw;
  return 1;
}

int vmm_list_next(struct vmm_list *l, const char *what, struct vmm_member *out, struct vcca_error *err)
{
  if (l->ended)
    return 0;
  return l->json ? next_json(l, what, out, err) : next_text(l, what, out, err);
}

/* --- Rows ------------------------------------------------------------------------------------------------- */

static bool key_is(const struct vmm_option *row, const struct vmm_member *m, bool first)
{
  size_t n = strlen(row->name);
  if (n == 0 || (m->bare && !row->flag))
    return n == 0 && m->bare && first;
  if (row->name[n - 1] == '*')
    return m->key.n >= n - 1 && memcmp(m->key.p, row->name, n - 1) == 0;
  return vcca_span_is(m->key, row->name);
}

/* JSON values have the types of QEMU's properties: true and false for switches, a string for all others that
 * are read. */
static bool type_fits(const struct vmm_value *v, struct vcca_error *err)
{
  bool wants_bool = v->row->read == vmm_read_on_off || v->row->read == vmm_read_switch;
  if (v->type == VMM_ANY || !v->row->read || v->type == (wants_bool ? VMM_BOOL : VMM_STRING))
    return true;
  return vmm_refuse(v, wants_bool ? "in JSON it is true or false, without quotes" : "in JSON it is a string, in quotes",
                    err);
}

void vmm_own_tree(const struct vmm_value *v, enum vmm_tree_effect effect)
{
  if (effect != VMM_TREE_SAME)
    snprintf(v->config->own_tree[effect - 1], sizeof *v->config->own_tree, "%s", v->what);
}

bool vmm_read_row(const struct vmm_value *v, struct vcca_error *err)
{
  if (v->row->why)
    return v->text.n > 0 ? vmm_refuse(v, v->row->why, err)
                         : vcca_fail(err, VCCA_FAULT_USAGE, "%s: %s", v->what, v->row->why);
  if (!v->unset)
    vmm_own_tree(v, v->row->tree);
  if (v->row->keys && !v->unset)
    return vmm_read_keys(v, v->row->keys, err);
  return !v->row->read || v->row->read(v, err);
}

static bool read_member(const struct vmm_value *list, const struct vmm_option *keys, const struct vmm_member *m,
                        bool first, struct vcca_error *err)
{
  const struct vmm_option *row = keys;
  struct vmm_value v = *list;
  char what[80];
  v.key = m->key;
  v.text = m->text;
  v.type = m->type;
  while (row->name && !key_is(row, m, first))
    row++;
  if (!row->name && m->bare)
    return vmm_refuse(&v, "expected name=value", err);
  snprintf(what, sizeof what, m->bare ? "%s" : "%s %.*s", list->what, v.key.n < 40 ? (int)v.key.n : 40,
           (const char *)v.key.p);
  v.what = what;
  v.row = row;
  if (!row->name)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s is not supported: its effect is unknown", what);
  return type_fits(&v, err) && vmm_read_row(&v, err);
}

bool vmm_read_keys(const struct vmm_value *list, const struct vmm_option *keys, struct vcca_error *err)
{
  struct vmm_list l;
  struct vmm_member m;
  int got;
  bool first = true;
  vmm_list_open(&l, list->model->style, list->row->json, list->text);
  while ((got = vmm_list_next(&l, list->what, &m, err)) > 0) {
    if (!read_member(list, keys, &m, first, err))
      return false;
    first = false;
  }
  return got == 0;
}
