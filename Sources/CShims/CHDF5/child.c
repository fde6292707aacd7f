// The child that reads a file: its limits, and its answers. It calls nothing but libhdf5 and libc (contained.c says why).

#define _GNU_SOURCE
#include "protocol.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

// What a child may use, more for larger files. Healthy models take hundredths of it.
static const double cpu_seconds = 0.7, cpu_bytes_per_second = 50e6;
static const uint64_t memory_bytes = UINT64_C(512) << 20, memory_per_byte = 8;

static bool receive_all(int socket, void *bytes, uint64_t count) {
  char *next = bytes;
  while (count > 0) {
    ssize_t got = recv(socket, next, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    next += got;
    count -= (uint64_t)got;
  }
  return true;
}

// Small replies leave together.
struct child {
  int socket;
  size_t waiting;
  char out[1 << 16];
};

static void flush(struct child *child) {
  if (!send_all(child->socket, child->out, child->waiting)) _exit(0);  // nobody listens any more
  child->waiting = 0;
}

static void put(struct child *child, const void *bytes, uint64_t count) {
  if (count > sizeof child->out - child->waiting) flush(child);
  if (count > sizeof child->out) {
    if (!send_all(child->socket, bytes, count)) _exit(0);
    return;
  }
  if (count > 0) memcpy(child->out + child->waiting, bytes, count);
  child->waiting += count;
}

static void put_item(struct child *child, int32_t kind, const void *bytes, uint64_t length) {
  struct reply reply = {item, kind, length};
  put(child, &reply, sizeof reply);
  put(child, bytes, length);
}

static void put_link(const char *name, chdf5_kind kind, void *context) {
  put_item(context, (int32_t)kind, name, strlen(name));
}

static void put_string(const char *bytes, size_t length, void *context) { put_item(context, 0, bytes, length); }

static void finish(struct child *child, chdf5_status status, const chdf5_reason *reason, const void *result,
                   uint64_t length) {
  struct reply reply = {(int32_t)status, 0, length};
  const void *bytes = result;
  if (status != chdf5_ok) {
    reply.length = strnlen(reason->text, sizeof reason->text);
    bytes = reason->text;
  }
  put(child, &reply, sizeof reply);
  put(child, bytes, reply.length);
  flush(child);
}

// Ends the child, by the signal that is left to its default, when it has used that much of the CPU.
static void allow_seconds(double seconds) {
  struct itimerval left;
  getitimer(ITIMER_PROF, &left);
  seconds += (double)left.it_value.tv_sec + (double)left.it_value.tv_usec * 1e-6;
  struct itimerval timer = {{0, 0}, {(time_t)seconds, (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)}};
  setitimer(ITIMER_PROF, &timer, NULL);
}

static void answer(struct child *child, chdf5_file file, const struct request *request, const char *path,
                   const char *name) {
  chdf5_reason reason = {""};
  chdf5_extent extent;
  memset(&extent, 0, sizeof extent);
  chdf5_kind kind = chdf5_other_kind;
  chdf5_type type = (chdf5_type)request->type;
  chdf5_status status;
  switch (request->operation) {
    case ask_links:
      status = local_links(file, path, put_link, child, &reason);
      return finish(child, status, &reason, NULL, 0);
    case ask_find:
      status = local_find(file, path, &kind, &reason);
      return finish(child, status, &reason, &kind, sizeof kind);
    case ask_dataset_extent:
      status = local_dataset_extent(file, path, &extent, &reason);
      return finish(child, status, &reason, &extent, sizeof extent);
    case ask_attribute_extent:
      status = local_attribute_extent(file, path, name, &extent, &reason);
      return finish(child, status, &reason, &extent, sizeof extent);
    case ask_attribute_strings:
      status = local_attribute_strings(file, path, name, put_string, child, &reason);
      return finish(child, status, &reason, NULL, 0);
    default: {
      uint64_t length = request->count * size_of(type);
      void *numbers = malloc(length > 0 ? length : 1);
      if (!numbers) {
        status = hdf5_say(chdf5_bad_data, &reason, "needs more memory than a file of its size should");
      } else if (request->operation == ask_dataset_read) {
        allow_seconds((double)length / cpu_bytes_per_second);
        status = local_dataset_read(file, path, type, numbers, request->count, &reason);
      } else {
        status = local_attribute_read(file, path, name, type, numbers, request->count, &reason);
      }
      finish(child, status, &reason, numbers, length);
      free(numbers);
    }
  }
}

static void limit(unsigned resource, rlim_t value) {
  struct rlimit limits = {value, value};
  setrlimit(resource, &limits);
}

// No memory beyond the file's size many times over, no CPU without an end, no core file, no written file, no open file of
// the parent's, and no word on its terminal.
static void confine(struct child *child, uint64_t file_size) {
  struct sigaction standard = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
  // Ctrl-C is for the parent, who ends this child too.
  sigaction(SIGINT, &ignored, NULL);
  sigaction(SIGQUIT, &ignored, NULL);
  sigaction(SIGHUP, &ignored, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  int null = open("/dev/null", O_RDWR);
#ifdef SANITIZED
  int streams = 2;  // the sanitizer may speak
#else
  int streams = 3;
  char text[64] = "";
  int status = open("/proc/self/statm", O_RDONLY);
  uint64_t pages = status >= 0 && read(status, text, sizeof text - 1) > 0 ? strtoull(text, NULL, 10) : 0;
  if (pages > 0)
    limit(RLIMIT_AS, pages * (uint64_t)sysconf(_SC_PAGESIZE) + memory_bytes + file_size * memory_per_byte);
#endif
  for (int stream = 0; stream < streams; stream++)
    if (null >= 0) dup2(null, stream);
  if (child->socket != 3) dup2(child->socket, 3);
  child->socket = 3;
  syscall(SYS_close_range, 4u, ~0u, 0u);
  limit(RLIMIT_CORE, 0);
#ifndef SANITIZED
  limit(RLIMIT_FSIZE, 0);
#endif
  allow_seconds(cpu_seconds + (double)file_size / cpu_bytes_per_second);
}

_Noreturn void chdf5_be_child(int socket, const char *path, uint64_t file_size) {
  static struct child child;
  child.socket = socket;
  confine(&child, file_size);
  chdf5_file file = -1;
  chdf5_reason reason = {""};
  chdf5_status status = local_open(path, &file, &reason);
  finish(&child, status, &reason, NULL, 0);
  struct request request;
  while (!status && receive_all(child.socket, &request, sizeof request)) {
    char *place = calloc(request.path_length + request.name_length + 2, 1);
    if (!place) break;
    char *name = place + request.path_length + 1;
    if (!receive_all(child.socket, place, request.path_length) ||
        !receive_all(child.socket, name, request.name_length))
      break;
    answer(&child, file, &request, place, name);
    free(place);
  }
  _exit(0);
}
