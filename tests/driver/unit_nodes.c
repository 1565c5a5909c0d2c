/* Files of drivers, and descriptors of devices: recognised through dup, fork and as another number; what
 * is no such descriptor is none; read, write and seek fail as they do on the device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rooms/driver.h"

static void paths_are_recognised(void **state)
{
  (void)state;
  static const struct {
    const char *path;
    enum driver_node node;
  } rows[] = {
      {"/dev/tsi", DRIVER_TSI},
      {"//dev/./tsi", DRIVER_TSI},
      {"/dev/././/tsi", DRIVER_TSI},
      {"/dev/sealingkey", DRIVER_SEALINGKEY},
      {"/dev/imagekey", DRIVER_IMAGEKEY},
      {"/sys/firmware/acpi/tables/CCEL", DRIVER_CCEL_TABLE},
      {"/sys/firmware/acpi/tables/data/CCEL", DRIVER_CCEL_LOG},
      {"/dev/tsi/", DRIVER_NODES},
      {"/dev/ts", DRIVER_NODES},
      {"/dev/tsi2", DRIVER_NODES},
      {"dev/tsi", DRIVER_NODES},
      {"/dev/.tsi", DRIVER_NODES},
      {"/", DRIVER_NODES},
      {"/.", DRIVER_NODES},
      {"//", DRIVER_NODES},
      {"", DRIVER_NODES},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (driver_node_at(rows[i].path) != rows[i].node)
      fail_msg("%s is node %d", rows[i].path, (int)driver_node_at(rows[i].path));
}

static void a_device_stays_itself(void **state)
{
  (void)state;
  char byte = 0;
  int fd = driver_open_device(DRIVER_IMAGEKEY, O_RDWR | O_CLOEXEC), other = dup(fd), status = 1;
  assert_true(fd >= 0 && other >= 0);
  assert_int_equal(driver_device_of(fd), DRIVER_IMAGEKEY);
  assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
  assert_int_equal(fcntl(other, F_GETFD), 0);
  close(fd);
  assert_int_equal(driver_device_of(other), DRIVER_IMAGEKEY);
  assert_true(read(other, &byte, 1) == -1 && errno == EINVAL);
  assert_true(lseek(other, 0, SEEK_SET) == -1 && errno == ESPIPE);
  pid_t child = fork();
  if (child == 0)
    _exit(driver_device_of(other) == DRIVER_IMAGEKEY ? 0 : 1);
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
  close(other);
  errno = ENOENT;
  assert_int_equal(driver_device_of(other), DRIVER_NODES);
  assert_int_equal(driver_device_of(-1), DRIVER_NODES);
  assert_int_equal(driver_device_of(STDIN_FILENO), DRIVER_NODES);
  assert_int_equal(errno, ENOENT);
  int plain = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(driver_device_of(plain), DRIVER_NODES);
  close(plain);
}

static void a_file_is_read_and_not_written(void **state)
{
  (void)state;
  char back[8] = "";
  struct stat st;
  int fd = driver_open_bytes("a log", 5, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 5 && S_ISREG(st.st_mode));
  assert_int_equal(read(fd, back, sizeof back), 5);
  assert_string_equal(back, "a log");
  assert_int_equal(read(fd, back, sizeof back), 0);
  assert_true(write(fd, "x", 1) == -1 && errno == EBADF);
  close(fd);
  assert_int_equal(driver_open_refusal(DRIVER_CCEL_LOG, O_RDONLY), 0);
  assert_int_equal(driver_open_refusal(DRIVER_CCEL_LOG, O_RDWR), EACCES);
  assert_int_equal(driver_open_refusal(DRIVER_TSI, O_RDWR), 0);
  assert_int_equal(driver_open_refusal(DRIVER_TSI, O_RDWR | O_DIRECTORY), ENOTDIR);
  assert_int_equal(driver_open_refusal(DRIVER_TSI, O_RDWR | O_CREAT | O_EXCL), EEXIST);
  driver_stat(DRIVER_TSI, 0, &st);
  assert_true(S_ISCHR(st.st_mode) && st.st_rdev != 0);
  driver_stat(DRIVER_CCEL_LOG, 70000, &st);
  assert_true(S_ISREG(st.st_mode) && st.st_size == 70000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(paths_are_recognised),
      cmocka_unit_test(a_device_stays_itself),
      cmocka_unit_test(a_file_is_read_and_not_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
