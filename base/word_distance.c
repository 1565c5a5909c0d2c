/* How far a word is from the one that was meant.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/text.h"

enum { LONGEST = 40 };

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Optimal string alignment, three rows at a time. */
size_t vcca_word_distance(vcca_span a, vcca_span b)
{
  size_t rows[3][LONGEST + 1];
  if (a.n > LONGEST || b.n > LONGEST)
    return LONGEST;
  for (size_t j = 0; j <= b.n; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= a.n; i++) {
    size_t *row = rows[i % 3];
    const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.n; j++) {
      size_t change = above[j - 1] + (a.p[i - 1] == b.p[j - 1] ? 0 : 1);
      row[j] = least(change, least(row[j - 1], above[j]) + 1);
      if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
        row[j] = least(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.n % 3][b.n];
}
