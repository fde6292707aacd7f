// What the parts of this shim know of each other.
#ifndef EMOJIFY_CMICROHTTPD_SERVER_H
#define EMOJIFY_CMICROHTTPD_SERVER_H

#include "cmicrohttpd.h"

#include <microhttpd.h>
#include <pthread.h>
#include <time.h>

// A client's connection. The reaper reads `since` under the server's lock.
typedef struct connection {
  int socket;
  uint8_t address[16];  // of the client; an IPv4 one in the first four bytes
  size_t body_bytes;    // held for its request
  double since;         // when the client began to keep us waiting; 0 while it does not
  size_t bytes;         // of a body since then, or of the answer it is to read
  struct connection *previous, *next;
} connection;

struct cmhd_server {
  cmhd_options options;
  struct MHD_Daemon *daemon;
  uint16_t port;
  pthread_t reaper;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  // Under the lock:
  connection *connections;
  size_t requests;   // begun and not completed
  size_t suspended;  // of them those whose answer is being made
  size_t body_bytes;
  size_t answer_bytes;  // of answers that are not read to their end
  bool stopping, stopped;
};

struct cmhd_request {
  cmhd_server *server;
  struct MHD_Connection *connection;
  connection *client;
  const char *method, *path;
  uint8_t *body;
  size_t count, discarded;
  uint32_t refusal;
  struct MHD_Response *response;
  uint32_t status;
  size_t reserved_bytes, answer_bytes;
  bool is_suspended, is_stream;
};

static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// libmicrohttpd's callbacks; `context` is the server.
void cmhd_connection_changed(
    void *context, struct MHD_Connection *handle, void **place, enum MHD_ConnectionNotificationCode code);
enum MHD_Result cmhd_access_request(
    void *context, struct MHD_Connection *handle, const char *path, const char *method, const char *version,
    const char *bytes, size_t *count, void **place);
void cmhd_request_completed(
    void *context, struct MHD_Connection *handle, void **place, enum MHD_RequestTerminationCode code);

// Hands the response over and goes on with a request that was set aside.
void cmhd_answer_with(
    cmhd_request *request, uint32_t status, const cmhd_header *headers, size_t header_count,
    struct MHD_Response *response);

#endif
