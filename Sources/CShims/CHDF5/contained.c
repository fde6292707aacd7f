// Files are read in a child process: libhdf5 1.10 crashes, loops or asks for any memory on some damaged files, and a
// server or a run over many files must outlive them. docs/RESULTS.md has the numbers.
//
// The child is a fork without exec: it starts in a millisecond, while this program's hundred libraries would take a
// hundred. It calls nothing but libhdf5 and libc. glibc keeps malloc usable in the child of a process with threads, and
// libhdf5 is at rest while forking, since callers make one call at a time (chdf5.h). Each call travels over a socket as a
// request, and its results come back as replies; none of what the child says is believed before it is checked.

#define _GNU_SOURCE
#include "protocol.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Without any sign of life, whatever the CPU's time: a disk may be slow.
static const int silent_milliseconds = 60 * 1000;
// No name, string or text is longer, whatever a reply declares.
static const uint64_t longest_text = UINT64_C(1) << 31;

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
      hdf5_say(chdf5_bad_data, &reader->end, why);
    } else if (number == SIGPROF) {
      hdf5_say(chdf5_bad_data, &reader->end, "the HDF5 library comes to no end with this damaged file");
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
  if (!text) return hdf5_say(chdf5_failed, reason, "no memory");
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

// The end of a socket, above the standard streams. Where those are closed it could be one of them: the child would lose it
// to /dev/null, and what this program prints would go to the child. -1 with errno where there is none.
static int above_streams(int end) {
  if (end > STDERR_FILENO) return end;
  int higher = fcntl(end, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  int error = errno;
  close(end);
  errno = error;
  return higher;
}

static chdf5_status start(struct reader *reader, const char *path, uint64_t size, chdf5_reason *reason) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return hdf5_say(chdf5_failed, reason, strerror(errno));
  for (int end = 0; end < 2; end++) {
    ends[end] = above_streams(ends[end]);
    if (ends[end] >= 0) continue;
    int error = errno;
    close(ends[1 - end]);
    return hdf5_say(chdf5_failed, reason, strerror(error));
  }
  // No handler of this process runs in the child.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t process = fork();
  if (process == 0) chdf5_be_child(ends[1], path, size);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  if (process < 0) {
    close(ends[0]);
    char text[160];
    snprintf(text, sizeof text, "no process can be started to read it in: %s", strerror(error));
    return hdf5_say(chdf5_failed, reason, text);
  }
  *reader = (struct reader){process, ends[0], {""}};
  return chdf5_ok;
}

// MARK: chdf5.h

chdf5_status chdf5_open(const char *path, chdf5_file *file, chdf5_reason *reason) {
  struct stat about;
  if (stat(path, &about) != 0) return hdf5_say(chdf5_failed, reason, strerror(errno));
  if (!S_ISREG(about.st_mode)) return hdf5_say(chdf5_failed, reason, "is no regular file");
  if (local_begin(reason)) return chdf5_failed;
  chdf5_file place = free_place();
  if (place == -1) return hdf5_say(chdf5_failed, reason, "no memory");
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
