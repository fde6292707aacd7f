#ifndef EMOJIFY_CMICROHTTPD_H
#define EMOJIFY_CMICROHTTPD_H

// The part of GNU libmicrohttpd that emojify uses, as a C ABI. It prints nothing. What can fail writes one line without a
// final stop into `reason` (`capacity` bytes, always terminated).
//
// A few threads read and write for all connections and never wait for an answer: a request whose answer is not there yet
// is set aside, and cmhd_request_answer, from any thread, goes on with it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cmhd_server cmhd_server;
// One request: valid until it is answered.
typedef struct cmhd_request cmhd_request;

typedef struct cmhd_header {
  const char *name;
  const char *value;
} cmhd_header;

typedef struct cmhd_options {
  const char *host;  // a name or an address of this machine
  uint16_t port;     // 0 takes a free one
  // PEM, both or neither: then the server speaks TLS only.
  const char *certificate;
  const char *key;
  uint32_t threads;
  uint32_t connections;              // more wait to be accepted
  uint32_t connections_per_address;  // more are closed
  uint32_t idle_seconds;             // a connection on which nothing moves for this long is closed
  // A request that is not there after this long is cut off, unless its body arrives at `bytes_per_second` or more; so is
  // an answer that nobody reads.
  uint32_t slow_seconds;
  uint32_t bytes_per_second;
  size_t connection_memory;  // for header lines; more are answered with 431
  size_t body_limit;         // of one request, in bytes
  size_t bodies_limit;       // of all together that are not answered; from one address half of it
  size_t answers_limit;      // of all answers together that are not read to their end, besides small ones
  void *context;
  // At the end of a request's header, before its body is read. May answer; the body is not read then.
  void (*begin)(void *context, cmhd_request *request);
  // At the end of the request. Answers now or later.
  void (*handle)(void *context, cmhd_request *request);
} cmhd_options;

// libmicrohttpd's version, such as "0.9.75". Static storage.
const char *cmhd_version(void);
bool cmhd_has_tls(void);

// For a process that serves for long: what large requests took goes back to the system, not into the heaps of many
// threads.
void cmhd_return_memory(void);

// NULL and a reason where it cannot listen, or where the TLS library does not take certificate and key: then
// `refuses_identity` is set. The strings are copied.
cmhd_server *cmhd_server_start(
    const cmhd_options *options, bool *refuses_identity, char *reason, size_t capacity);
// The port it listens on.
uint16_t cmhd_server_port(const cmhd_server *server);
// Accepts nobody any more, waits until requests in flight are answered (after `seconds` only for those whose answer is
// being made), and frees the server. Streams must end by themselves: from now on `pull` is asked no more.
void cmhd_server_stop(cmhd_server *server, uint32_t seconds);

// Strings live as long as the request. The path is as it was sent: nothing in it is decoded.
const char *cmhd_request_method(const cmhd_request *request);
const char *cmhd_request_path(const cmhd_request *request);
// NULL where there is none. Only inside `begin` and `handle`.
const char *cmhd_request_header(const cmhd_request *request, const char *name);
// A value of the query, as it was sent; NULL where there is none. Only inside `begin` and `handle`.
const char *cmhd_request_argument(const cmhd_request *request, const char *name);
const uint8_t *cmhd_request_body(const cmhd_request *request, size_t *count);
// 0, or the status that a body over a limit is to be answered with: 413 or 503. The body is gone then.
uint32_t cmhd_request_refusal(const cmhd_request *request);

// Whether an answer of `count` bytes may wait for its reader besides those that do; up to 65,536 bytes always may. What is
// reserved is free again when the request is over.
bool cmhd_request_reserve(cmhd_request *request, size_t count);
// Answers with a copy of `bytes`, or where there is no memory for that with 503. The body is gone then. Afterwards the request is no longer the caller's.
void cmhd_request_answer(
    cmhd_request *request, uint32_t status, const cmhd_header *headers, size_t header_count, const uint8_t *bytes,
    size_t count);

// An answer without an end.
typedef struct cmhd_stream cmhd_stream;
// Puts at most `capacity` bytes into `bytes` and returns their number: 0 where there are none yet (cmhd_stream_wake says
// when), -1 at the end. Must not wait. `stream` is the one it is asked for.
typedef ptrdiff_t (*cmhd_pull)(void *context, uint8_t *bytes, size_t capacity);
// `finish` is called once, when the client is gone or the stream at its end; `stream` is dead from then on. The caller
// sees to it that no cmhd_stream_wake runs at that time.
cmhd_stream *cmhd_request_stream(
    cmhd_request *request, uint32_t status, const cmhd_header *headers, size_t header_count, cmhd_pull pull,
    void (*finish)(void *context), void *context);
// There is something to pull. Must not be called from `pull`.
void cmhd_stream_wake(cmhd_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
