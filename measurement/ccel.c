/* The ACPI table that says where an event log of confidential computing is (ACPI 6.5, 5.2.34).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/eventlog.h"

enum { TYPE_CCA = 4, CHECKSUM_AT = 9 };

void vcca_ccel_put(uint64_t size, uint64_t address, vcca_sink *out)
{
  uint8_t table[VCCA_CCEL_SIZE] = "CCEL\x38\0\0\0\1\0VCCA  VCCACCEL\1\0\0\0VCCA\1\0\0\0";
  uint8_t sum = 0;
  table[36] = TYPE_CCA;
  vcca_put_le64(table + 40, size);
  vcca_put_le64(table + 48, address);
  for (size_t i = 0; i < sizeof table; i++)
    sum = (uint8_t)(sum + table[i]);
  table[CHECKSUM_AT] = (uint8_t)-sum; /* the bytes of a table add up to zero */
  vcca_sink_put(out, VCCA_SPAN(table));
}
