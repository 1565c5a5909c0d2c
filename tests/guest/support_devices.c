/* A guest's program that uses nothing of vcca: it opens the devices itself, with the structures of the
 * public headers (openEuler's virtcca_cvm_tsi.h; virtCCA SDK, tsi.h and sealing_key.c). One source, a
 * dynamic and a static program.
 *
 *   evidence DIR   writes version, token, cert, and where there are some, table and log
 *   errnos         each way to fail has the driver's errno value
 *   together N     N processes of 4 threads, each with its own challenge, by descriptors that were copied,
 *                  inherited and kept by exec
 *   child FD       what "together" executes: the descriptor still is the device
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct version {
  int major, minor;
};
struct token {
  unsigned char challenge[64];
  unsigned char token[8192];
  unsigned long token_size;
};
struct cert {
  unsigned long size;
  unsigned char value[4096];
};
struct sealing_key {
  uint32_t alg;
  uint8_t user_param[64];
  uint32_t user_param_len;
  uint8_t key[32];
};
#define GET_VERSION _IOR('T', 0, struct version)
#define GET_TOKEN _IOWR('T', 1, struct token)
#define GET_CERT _IOR('T', 2, struct cert)
#define GET_SEALING_KEY _IOWR('d', 0, struct sealing_key)

static int bad;
#define CHECK(cond)                                                                    \
  do {                                                                                 \
    if (!(cond)) {                                                                     \
      printf("line %d: %s (errno %d: %s)\n", __LINE__, #cond, errno, strerror(errno)); \
      bad = 1;                                                                         \
    }                                                                                  \
  } while (0)

static void save(const char *folder, const char *name, const void *bytes, size_t n)
{
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "wb");
  CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

/* As the SDK's server reads them: the size by seeking. */
static void copy(const char *from, const char *folder, const char *name)
{
  FILE *f = fopen(from, "rb");
  if (!f)
    return;
  CHECK(fseek(f, 0, SEEK_END) == 0);
  long n = ftell(f);
  rewind(f);
  unsigned char *bytes = malloc((size_t)n);
  struct stat st;
  CHECK(bytes && fread(bytes, 1, (size_t)n, f) == (size_t)n && fclose(f) == 0);
  CHECK(stat(from, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == n && access(from, R_OK) == 0);
  save(folder, name, bytes, (size_t)n);
  free(bytes);
}

static void evidence(const char *folder)
{
  static struct token token;
  static struct cert cert;
  struct version version = {0, 0};
  char text[40];
  for (unsigned i = 0; i < sizeof token.challenge; i++)
    token.challenge[i] = (unsigned char)(i + 1);
  int fd = open("/dev/tsi", O_RDWR | O_CLOEXEC);
  CHECK(fd >= 0);
  CHECK(ioctl(fd, GET_VERSION, &version) == 0);
  CHECK(ioctl(fd, GET_TOKEN, &token) == 0 && token.token_size <= sizeof token.token);
  CHECK(ioctl(fd, GET_CERT, &cert) == 0 && cert.size <= sizeof cert.value);
  CHECK(close(fd) == 0);
  snprintf(text, sizeof text, "%d.%d\n", version.major, version.minor);
  save(folder, "version", text, strlen(text));
  save(folder, "token", token.token, token.token_size);
  save(folder, "cert", cert.value, cert.size);
  copy("/sys/firmware/acpi/tables/CCEL", folder, "table");
  copy("/sys/firmware/acpi/tables/data/CCEL", folder, "log");
}

/* --- Failures ------------------------------------------------------------------------------------------- */

static void fails(int line, int fd, unsigned long number, void *argument, int want)
{
  errno = 0;
  int result = ioctl(fd, number, argument);
  if (want >= 0 ? result != -1 || errno != want : result != -want) {
    printf("line %d: ioctl 0x%lx: %d, errno %d: not %d\n", line, number, result, errno, want);
    bad = 1;
  }
}
#define FAILS(fd, number, argument, want) fails(__LINE__, fd, number, argument, want)

static void files(void)
{
  struct stat st;
  char byte = 0;
  int fd;
  CHECK(stat("/dev/tsi", &st) == 0 && S_ISCHR(st.st_mode) && lstat("//dev/./tsi", &st) == 0);
  CHECK(access("/dev/tsi", R_OK | W_OK) == 0 && access("/dev/sealingkey", F_OK) == 0);
  CHECK(access("/dev/tsi", X_OK) == -1 && errno == EACCES);
  CHECK(open("/dev/tsi", O_RDWR | O_DIRECTORY) == -1 && errno == ENOTDIR);
  CHECK(open("/dev/tsi", O_RDWR | O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
  CHECK(open("/dev/tsi2", O_RDWR) == -1 && errno == ENOENT);
  CHECK(open((const char *)8, O_RDWR) == -1 && errno == EFAULT);
  CHECK((fd = open("/dev/tsi", O_RDONLY)) >= 0);
  CHECK(fcntl(fd, F_GETFD) == 0);
  CHECK(read(fd, &byte, 1) == -1 && errno == EINVAL);
  CHECK(lseek(fd, 0, SEEK_CUR) == -1 && errno == ESPIPE);
  CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODEV);
  close(fd);
  CHECK((fd = open("/dev/tsi", O_RDWR | O_CLOEXEC)) >= 0);
  CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
  close(fd);
}

static void errnos(void)
{
  static struct token token;
  static struct cert cert;
  struct sealing_key key = {.alg = 1}, other;
  struct version version;
  long page = sysconf(_SC_PAGESIZE);
  unsigned char *memory = mmap(NULL, 4 * (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED && munmap(memory + 3 * page, (size_t)page) == 0);
  unsigned char *end = memory + 3 * page;
  int fd = open("/dev/tsi", O_RDWR), seal = open("/dev/sealingkey", O_RDWR), image = open("/dev/imagekey", O_RDWR);
  CHECK(fd >= 0 && seal >= 0 && image >= 0);
  FAILS(fd, _IOR('T', 9, struct version), &version, ENOTTY);
  FAILS(fd, _IOR('T', 0, int), &version, ENOTTY);
  FAILS(fd, TCGETS, memory, ENOTTY);
  FAILS(fd, GET_SEALING_KEY, &key, ENOTTY);
  FAILS(seal, GET_VERSION, &version, ENOTTY);
  FAILS(STDIN_FILENO, GET_TOKEN, &token, ENOTTY);
  FAILS(-1, GET_TOKEN, &token, EBADF);
  FAILS(999, GET_TOKEN, &token, EBADF);
  FAILS(fd, GET_VERSION, NULL, EFAULT);
  FAILS(fd, GET_VERSION, (void *)8, EFAULT);
  FAILS(fd, GET_VERSION, end - 4, EFAULT);
  CHECK(ioctl(fd, GET_VERSION, end - 8) == 0 && end[-8] == 1);
  FAILS(fd, GET_TOKEN, NULL, EFAULT);
  FAILS(fd, GET_TOKEN, end - 32, EFAULT);       /* half a challenge */
  FAILS(fd, GET_TOKEN, end - 64, EFAULT);       /* no room for the token */
  FAILS(fd, GET_TOKEN, end - 8260, EFAULT);     /* nor for its size */
  CHECK(ioctl(fd, GET_TOKEN, end - 8264) == 0); /* unaligned, and just room */
  FAILS(fd, GET_CERT, NULL, EFAULT);
  FAILS(fd, GET_CERT, end - 100, EFAULT);
  CHECK(mprotect(memory, 3 * (size_t)page, PROT_READ) == 0);
  FAILS(fd, GET_TOKEN, memory, EFAULT);
  CHECK(mprotect(memory, 3 * (size_t)page, PROT_NONE) == 0);
  FAILS(fd, GET_TOKEN, memory, EFAULT);
  FAILS(seal, GET_SEALING_KEY, NULL, EINVAL);
  FAILS(image, GET_SEALING_KEY, NULL, EINVAL);
  FAILS(seal, GET_SEALING_KEY, (void *)8, -104); /* the driver returns how many bytes it could not read */
  FAILS(seal, GET_SEALING_KEY, &key, EINVAL);    /* no such algorithm */
  key = (struct sealing_key){.user_param_len = 63};
  FAILS(seal, GET_SEALING_KEY, &key, EINVAL);
  key.user_param_len = 0;
  other = key;
  other.user_param_len = 64;
  struct sealing_key again = {0};
  CHECK(ioctl(seal, GET_SEALING_KEY, &key) == 0 && memcmp(again.key, key.key, sizeof key.key) != 0);
  CHECK(ioctl(image, GET_SEALING_KEY, &again) == 0 && memcmp(again.key, key.key, sizeof key.key) == 0);
  CHECK(ioctl(seal, GET_SEALING_KEY, &other) == 0 && memcmp(other.key, key.key, sizeof key.key) != 0);
  close(fd);
  FAILS(fd, GET_CERT, &cert, EBADF);
}

/* --- Many at once --------------------------------------------------------------------------------------- */

struct asker {
  pthread_t thread;
  int fd;
  unsigned char byte;
  int ok;
};

static void *ask(void *arg)
{
  struct asker *a = arg;
  struct token *token = calloc(1, sizeof *token);
  memset(token->challenge, a->byte, sizeof token->challenge);
  a->ok = ioctl(a->fd, GET_TOKEN, token) == 0 && token->token_size > 1000 &&
          memmem(token->token, token->token_size, token->challenge, sizeof token->challenge) != NULL;
  free(token);
  return NULL;
}

static int member(unsigned number, int inherited, const char *self)
{
  enum { THREADS = 4 };
  struct asker askers[THREADS];
  char text[16];
  int own = open("/dev/tsi", O_RDWR | O_CLOEXEC), status = 1;
  for (unsigned i = 0; i < THREADS; i++) {
    askers[i] = (struct asker){.fd = i == 0   ? inherited
                                     : i == 1 ? dup(own)
                                              : own,
                               .byte = (unsigned char)(number * THREADS + i)};
    CHECK(pthread_create(&askers[i].thread, NULL, ask, &askers[i]) == 0);
  }
  for (unsigned i = 0; i < THREADS; i++) {
    pthread_join(askers[i].thread, NULL);
    CHECK(askers[i].ok);
  }
  snprintf(text, sizeof text, "%d", inherited);
  pid_t pid = fork();
  if (pid == 0) {
    execl(self, self, "child", text, (char *)NULL);
    _exit(2);
  }
  CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
  return bad;
}

static void together(unsigned n, const char *self)
{
  int fd = open("/dev/tsi", O_RDWR), status;
  for (unsigned i = 0; i < n; i++) {
    pid_t pid = fork();
    if (pid == 0)
      _exit(member(i, fd, self));
    CHECK(pid > 0);
  }
  for (unsigned i = 0; i < n; i++)
    CHECK(wait(&status) > 0 && status == 0);
}

int main(int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  struct version version;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (strcmp(what, "evidence") == 0 && argc == 3)
    evidence(argv[2]);
  else if (strcmp(what, "errnos") == 0)
    files(), errnos();
  else if (strcmp(what, "together") == 0 && argc == 3)
    together((unsigned)atoi(argv[2]), argv[0]);
  else if (strcmp(what, "child") == 0 && argc == 3)
    CHECK(ioctl(atoi(argv[2]), GET_VERSION, &version) == 0 && version.major == 1);
  else
    return 2;
  return bad;
}
