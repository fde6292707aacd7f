// Files are read in a child process: libhdf5 1.10 crashes, loops or asks for any memory on some damaged files, and a
// server or a run over many files must outlive them. docs/RESULTS.md has the numbers.
//
// The child is a fork without exec: it starts in a millisecond, while this program's hundred libraries would take a
// hundred. It calls nothing but libhdf5 and libc. glibc keeps malloc usable in the child of a process with threads, and
// libhdf5 is at rest while forking, since callers make one call at a time (chdf5.h). Each call travels over a socket as a
// request, and its results come back as replies; none of what the child says is believed before it is checked.

#define _GNU_SOURCE
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

// What a child may use, more for larger files. Healthy models take hundredths of it.
static const double cpu_seconds = 1.0, cpu_bytes_per_second = 50e6;
static const uint64_t memory_bytes = UINT64_C(512) << 20, memory_per_byte = 8;
// Without any sign of life, whatever the CPU's time: a disk may be slow.
static const int silent_milliseconds = 60 * 1000;
// No name, string or text is longer, whatever a reply declares.
static const uint64_t longest_text = UINT64_C(1) << 31;

enum operation {
  ask_links, ask_find, ask_dataset_extent, ask_dataset_read, ask_attribute_extent, ask_attribute_strings,
  ask_attribute_read,
};

// A request; the bytes of `path` and `name` follow.
struct request {
  uint32_t operation, type;
  uint64_t count, path_length, name_length;
};

enum { item = -1 };

// A reply; `length` bytes follow. A link or string is an `item`; the last reply has the status, and the reason or result.
struct reply {
  int32_t status, kind;
  uint64_t length;
};

static uint64_t size_of(chdf5_type type) {
  switch (type) {
    case chdf5_int8: case chdf5_uint8: return 1;
    case chdf5_float16: case chdf5_int16: case chdf5_uint16: return 2;
    case chdf5_float32: case chdf5_int32: case chdf5_uint32: return 4;
    case chdf5_float64: case chdf5_int64: case chdf5_uint64: return 8;
    default: return 0;
  }
}

static chdf5_status say(chdf5_status status, chdf5_reason *reason, const char *what) {
  if (reason) snprintf(reason->text, sizeof reason->text, "%s", what);
  return status;
}

static bool send_all(int socket, const void *bytes, uint64_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t sent = send(socket, next, count < 1 << 20 ? count : 1 << 20, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    next += sent;
    count -= (uint64_t)sent;
  }
  return true;
}

// MARK: the child

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
        status = say(chdf5_bad_data, &reason, "needs more memory than a file of its size should");
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

static _Noreturn void be_child(int socket, const char *path, uint64_t file_size) {
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

// MARK: the parent

// One a file that is open for reading; its handle is -2 - its place in the list. Local handles are positive.
struct reader {
  pid_t process;  // 0: the place is free
  int socket;     // -1: the child is no more
  chdf5_reason end;
};

static struct reader *readers;
static size_t reader_count;

static struct reader *reader_of(chdf5_file file) { return file <= -2 ? &readers[-2 - file] : NULL; }

static chdf5_file free_place(void) {
  for (size_t place = 0; place < reader_count; place++)
    if (!readers[place].process) return -2 - (chdf5_file)place;
  struct reader *more = realloc(readers, (reader_count + 1) * sizeof *more);
  if (!more) return -1;
  readers = more;
  memset(&readers[reader_count], 0, sizeof *readers);
  return -2 - (chdf5_file)reader_count++;
}

// Ends the child; what became of it is said by all later calls.
static chdf5_status lose(struct reader *reader, const char *why, chdf5_reason *reason) {
  if (reader->socket >= 0) {
    close(reader->socket);
    reader->socket = -1;
    if (why) kill(reader->process, SIGKILL);
    int state = 0;
    pid_t ended;
    while ((ended = waitpid(reader->process, &state, 0)) < 0 && errno == EINTR) {}
    int number = ended == reader->process && WIFSIGNALED(state) ? WTERMSIG(state) : 0;
    if (why) {
      say(chdf5_bad_data, &reader->end, why);
    } else if (number == SIGPROF) {
      say(chdf5_bad_data, &reader->end, "the HDF5 library comes to no end with this damaged file");
    } else {
      const char *name = number ? strsignal(number) : "it went away";
      snprintf(reader->end.text, sizeof reader->end.text, "the HDF5 library failed on this damaged file (%s)",
               name ? name : "unknown signal");
    }
  }
  if (reason) *reason = reader->end;
  return chdf5_bad_data;
}

// 0: all is there.
static chdf5_status take(struct reader *reader, void *bytes, uint64_t count, chdf5_reason *reason) {
  char *next = bytes;
  while (count > 0) {
    ssize_t got = recv(reader->socket, next, count, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      struct pollfd wait = {reader->socket, POLLIN, 0};
      int ready = poll(&wait, 1, silent_milliseconds);
      if (ready == 0) return lose(reader, "the HDF5 library does not answer", reason);
      continue;
    }
    if (got <= 0) return lose(reader, NULL, reason);
    next += got;
    count -= (uint64_t)got;
  }
  return chdf5_ok;
}

static const char *const nonsense = "the HDF5 library failed on this damaged file (its answer makes no sense)";

// Where links or strings go; one of the two is NULL.
struct visit {
  chdf5_link_visitor link;
  chdf5_string_visitor string;
  void *context;
};

static chdf5_status take_item(struct reader *reader, const struct reply *reply, const struct visit *visit,
                              uint64_t *total, chdf5_reason *reason) {
  *total += reply->length + 1;
  bool is_known = reply->kind == chdf5_group || reply->kind == chdf5_dataset || reply->kind == chdf5_other_kind;
  if (!visit || !is_known || reply->length > longest_text || *total > longest_text)
    return lose(reader, nonsense, reason);
  char *text = malloc(reply->length + 1);
  if (!text) return say(chdf5_failed, reason, "no memory");
  text[reply->length] = 0;
  chdf5_status status = take(reader, text, reply->length, reason);
  if (!status && visit->link) visit->link(text, (chdf5_kind)reply->kind, visit->context);
  if (!status && visit->string) visit->string(text, reply->length, visit->context);
  free(text);
  return status;
}

// Takes replies up to the last one; `result` is exactly `length` bytes.
static chdf5_status replies(struct reader *reader, void *result, uint64_t length, const struct visit *visit,
                            chdf5_reason *reason) {
  uint64_t total = 0;
  for (;;) {
    struct reply reply;
    if (take(reader, &reply, sizeof reply, reason)) return chdf5_bad_data;
    if (reply.status == item) {
      if (take_item(reader, &reply, visit, &total, reason)) return chdf5_bad_data;
      continue;
    }
    if (reply.status == chdf5_ok) {
      if (reply.length != length) return lose(reader, nonsense, reason);
      return take(reader, result, length, reason);
    }
    chdf5_reason said = {""};
    if (reply.status < 0 || reply.status > chdf5_failed || reply.length >= sizeof said.text)
      return lose(reader, nonsense, reason);
    if (take(reader, said.text, reply.length, reason)) return chdf5_bad_data;
    if (reason) *reason = said;
    return (chdf5_status)reply.status;
  }
}

static chdf5_status ask(struct reader *reader, enum operation operation, const char *path, const char *name,
                        chdf5_type type, uint64_t count, void *result, uint64_t length, const struct visit *visit,
                        chdf5_reason *reason) {
  if (reader->socket < 0) return lose(reader, NULL, reason);
  struct request request = {operation, type, count, strlen(path), name ? strlen(name) : 0};
  if (!send_all(reader->socket, &request, sizeof request) || !send_all(reader->socket, path, request.path_length) ||
      !send_all(reader->socket, name, request.name_length))
    return lose(reader, NULL, reason);
  return replies(reader, result, length, visit, reason);
}

static chdf5_status check(struct reader *reader, const chdf5_extent *extent, chdf5_reason *reason) {
  bool is_good = extent->rank >= 0 && extent->rank <= chdf5_max_rank && (unsigned)extent->type <= chdf5_other_type;
  uint64_t count = 1;
  for (int axis = 0; is_good && axis < extent->rank; axis++) {
    is_good = extent->dimensions[axis] <= longest_text && count * extent->dimensions[axis] <= longest_text;
    count *= extent->dimensions[axis];
  }
  return is_good && count == extent->count ? chdf5_ok : lose(reader, nonsense, reason);
}

static chdf5_status start(struct reader *reader, const char *path, uint64_t size, chdf5_reason *reason) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return say(chdf5_failed, reason, strerror(errno));
  // No handler of this process runs in the child.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t process = fork();
  if (process == 0) be_child(ends[1], path, size);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  if (process < 0) {
    close(ends[0]);
    char text[160];
    snprintf(text, sizeof text, "no process can be started to read it in: %s", strerror(error));
    return say(chdf5_failed, reason, text);
  }
  *reader = (struct reader){process, ends[0], {""}};
  return chdf5_ok;
}

// MARK: chdf5.h

chdf5_status chdf5_open(const char *path, chdf5_file *file, chdf5_reason *reason) {
  struct stat about;
  if (stat(path, &about) != 0) return say(chdf5_failed, reason, strerror(errno));
  if (!S_ISREG(about.st_mode)) return say(chdf5_failed, reason, "is no regular file");
  if (local_begin(reason)) return chdf5_failed;
  chdf5_file place = free_place();
  if (place == -1) return say(chdf5_failed, reason, "no memory");
  chdf5_status status = start(reader_of(place), path, (uint64_t)about.st_size, reason);
  if (status) return status;
  status = replies(reader_of(place), NULL, 0, NULL, reason);
  if (status) {
    chdf5_close(place, NULL);
  } else {
    *file = place;
  }
  return status;
}

chdf5_status chdf5_close(chdf5_file file, chdf5_reason *reason) {
  struct reader *reader = reader_of(file);
  if (!reader) return local_close(file, reason);
  lose(reader, "is closed", NULL);
  reader->process = 0;
  return chdf5_ok;
}

chdf5_status chdf5_links(chdf5_file file, const char *group, chdf5_link_visitor visit, void *context,
                         chdf5_reason *reason) {
  struct reader *reader = reader_of(file);
  if (!reader) return local_links(file, group, visit, context, reason);
  struct visit visits = {visit, NULL, context};
  return ask(reader, ask_links, group, NULL, chdf5_other_type, 0, NULL, 0, &visits, reason);
}

chdf5_status chdf5_find(chdf5_file file, const char *path, chdf5_kind *kind, chdf5_reason *reason) {
  struct reader *reader = reader_of(file);
  if (!reader) return local_find(file, path, kind, reason);
  chdf5_status status =
      ask(reader, ask_find, path, NULL, chdf5_other_type, 0, kind, sizeof *kind, NULL, reason);
  return !status && (unsigned)*kind > chdf5_other_kind ? lose(reader, nonsense, reason) : status;
}

chdf5_status chdf5_dataset_extent(chdf5_file file, const char *path, chdf5_extent *extent, chdf5_reason *reason) {
  struct reader *reader = reader_of(file);
  if (!reader) return local_dataset_extent(file, path, extent, reason);
  chdf5_status status = ask(reader, ask_dataset_extent, path, NULL, chdf5_other_type, 0, extent, sizeof *extent,
                            NULL, reason);
  return status ? status : check(reader, extent, reason);
}

chdf5_status chdf5_dataset_read(chdf5_file file, const char *path, chdf5_type type, void *out, uint64_t count,
                                chdf5_reason *reason) {
  struct reader *reader = reader_of(file);
  if (!reader) return local_dataset_read(file, path, type, out, count, reason);
  return ask(reader, ask_dataset_read, path, NULL, type, count, out, count * size_of(type), NULL, reason);
}

chdf5_status chdf5_attribute_extent(chdf5_file file, const char *object, const char *name, chdf5_extent *extent,
                                    chdf5_reason *reason) {
  struct reader *reader = reader_of(file);
  if (!reader) return local_attribute_extent(file, object, name, extent, reason);
  chdf5_status status = ask(reader, ask_attribute_extent, object, name, chdf5_other_type, 0, extent,
                            sizeof *extent, NULL, reason);
  return status ? status : check(reader, extent, reason);
}

chdf5_status chdf5_attribute_strings(chdf5_file file, const char *object, const char *name,
                                     chdf5_string_visitor visit, void *context, chdf5_reason *reason) {
  struct reader *reader = reader_of(file);
  if (!reader) return local_attribute_strings(file, object, name, visit, context, reason);
  struct visit visits = {NULL, visit, context};
  return ask(reader, ask_attribute_strings, object, name, chdf5_string, 0, NULL, 0, &visits, reason);
}

chdf5_status chdf5_attribute_read(chdf5_file file, const char *object, const char *name, chdf5_type type, void *out,
                                  uint64_t count, chdf5_reason *reason) {
  struct reader *reader = reader_of(file);
  if (!reader) return local_attribute_read(file, object, name, type, out, count, reason);
  return ask(reader, ask_attribute_read, object, name, type, count, out, count * size_of(type), NULL, reason);
}
