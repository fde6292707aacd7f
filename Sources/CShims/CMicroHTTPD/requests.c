// Requests: their bodies, bounded as they arrive, and their answers.
#define _GNU_SOURCE
#include "server.h"

#include <stdlib.h>
#include <string.h>

static void set_since(cmhd_request *request, double since, size_t bytes) {
  pthread_mutex_lock(&request->server->lock);
  request->client->since = since;
  request->client->bytes = bytes;
  pthread_mutex_unlock(&request->server->lock);
}

static void free_body(cmhd_request *request) {
  pthread_mutex_lock(&request->server->lock);
  request->server->body_bytes -= request->client->body_bytes;
  request->client->body_bytes = 0;
  pthread_mutex_unlock(&request->server->lock);
  free(request->body);
  request->body = NULL;
  request->count = 0;
}

static void refuse(cmhd_request *request, uint32_t status) {
  free_body(request);
  request->refusal = status;
}

// Counts `capacity` bytes as held for the request. False where all bodies, or those from its client's address, are too many then.
static bool hold(cmhd_request *request, size_t capacity) {
  cmhd_server *server = request->server;
  connection *own = request->client;
  size_t limit = server->options.bodies_limit;
  pthread_mutex_lock(&server->lock);
  size_t others = 0;  // from the same address
  for (connection *client = server->connections; client != NULL; client = client->next) {
    bool is_neighbour = client != own && memcmp(client->address, own->address, sizeof own->address) == 0;
    if (is_neighbour) others += client->body_bytes;
  }
  size_t all = server->body_bytes - own->body_bytes + capacity;
  // The half stays for others.
  bool fits = all <= limit && others + capacity <= limit / 2;
  if (fits) {
    server->body_bytes = all;
    own->body_bytes = capacity;
  }
  pthread_mutex_unlock(&server->lock);
  return fits;
}

// Appends to the body. False where the client has sent so much in vain that the connection is to be closed.
static bool receive(cmhd_request *request, const char *bytes, size_t count) {
  cmhd_server *server = request->server;
  pthread_mutex_lock(&server->lock);
  request->client->bytes += count;
  pthread_mutex_unlock(&server->lock);
  if (request->refusal == 0 && count > server->options.body_limit - request->count) refuse(request, 413);
  size_t capacity = request->client->body_bytes;
  if (request->refusal == 0 && request->count + count > capacity) {
    if (capacity == 0) capacity = 65536;
    while (capacity < request->count + count) capacity *= 2;
    if (capacity > server->options.body_limit) capacity = server->options.body_limit;
    uint8_t *larger = hold(request, capacity) ? realloc(request->body, capacity) : NULL;
    if (larger == NULL) refuse(request, 503);
    else request->body = larger;
  }
  if (request->refusal != 0) {
    request->discarded += count;
    return request->discarded <= server->options.body_limit;
  }
  memcpy(request->body + request->count, bytes, count);
  request->count += count;
  return true;
}

static enum MHD_Result send_answer(cmhd_request *request) {
  struct MHD_Response *response = request->response;
  request->response = NULL;
  set_since(request, request->is_stream ? 0 : now(), request->answer_bytes);
  enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
  MHD_destroy_response(response);
  return result;
}

enum MHD_Result cmhd_access_request(
    void *context, struct MHD_Connection *handle, const char *path, const char *method, const char *version,
    const char *bytes, size_t *count, void **place) {
  (void)version;
  cmhd_server *server = context;
  cmhd_request *request = *place;
  if (request == NULL) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == NULL || info->socket_context == NULL) return MHD_NO;
    request = calloc(1, sizeof *request);
    if (request == NULL) return MHD_NO;
    request->server = server;
    request->connection = handle;
    request->client = info->socket_context;
    request->method = method;
    request->path = path;
    *place = request;
    pthread_mutex_lock(&server->lock);
    server->requests += 1;
    // A kept connection may have waited: that is not this request's time.
    request->client->since = now();
    pthread_mutex_unlock(&server->lock);
    server->options.begin(server->options.context, request);
    return request->response == NULL ? MHD_YES : send_answer(request);
  }
  if (request->response != NULL) {  // set aside before, and answered now
    pthread_mutex_lock(&server->lock);
    server->suspended -= 1;
    pthread_mutex_unlock(&server->lock);
    request->is_suspended = false;
    return send_answer(request);
  }
  if (*count > 0) {
    bool goes_on = receive(request, bytes, *count);
    *count = 0;
    return goes_on ? MHD_YES : MHD_NO;
  }
  set_since(request, 0, 0);
  // Set aside first: the answer may come from another thread before `handle` returns. It is sent by this one, later.
  request->is_suspended = true;
  pthread_mutex_lock(&server->lock);
  server->suspended += 1;
  pthread_mutex_unlock(&server->lock);
  MHD_suspend_connection(handle);
  server->options.handle(server->options.context, request);
  return MHD_YES;
}

void cmhd_request_completed(
    void *context, struct MHD_Connection *handle, void **place, enum MHD_RequestTerminationCode code) {
  (void)handle;
  (void)code;
  cmhd_server *server = context;
  cmhd_request *request = *place;
  if (request == NULL) return;
  *place = NULL;
  if (request->response != NULL) MHD_destroy_response(request->response);
  free_body(request);
  pthread_mutex_lock(&server->lock);
  server->requests -= 1;
  if (request->is_suspended) server->suspended -= 1;
  server->answer_bytes -= request->reserved_bytes;
  request->client->since = now();
  request->client->bytes = 0;
  pthread_cond_broadcast(&server->changed);
  pthread_mutex_unlock(&server->lock);
  free(request);
}

const char *cmhd_request_method(const cmhd_request *request) { return request->method; }
const char *cmhd_request_path(const cmhd_request *request) { return request->path; }

const char *cmhd_request_header(const cmhd_request *request, const char *name) {
  return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *cmhd_request_argument(const cmhd_request *request, const char *name) {
  return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const uint8_t *cmhd_request_body(const cmhd_request *request, size_t *count) {
  *count = request->count;
  return request->body;
}

uint32_t cmhd_request_refusal(const cmhd_request *request) { return request->refusal; }

bool cmhd_request_reserve(cmhd_request *request, size_t count) {
  enum { small = 65536 };
  cmhd_server *server = request->server;
  pthread_mutex_lock(&server->lock);
  bool fits = count <= small || (server->answer_bytes <= server->options.answers_limit &&
                                 count <= server->options.answers_limit - server->answer_bytes);
  if (fits) {
    server->answer_bytes += count;
    request->reserved_bytes += count;
  }
  pthread_mutex_unlock(&server->lock);
  return fits;
}

void cmhd_answer_with(
    cmhd_request *request, uint32_t status, const cmhd_header *headers, size_t header_count,
    struct MHD_Response *response) {
  if (response == NULL) abort();  // out of memory for a few hundred bytes
  free_body(request);             // which the answer may wait long for its reader without
  for (size_t index = 0; index < header_count; index++) {
    MHD_add_response_header(response, headers[index].name, headers[index].value);
  }
  pthread_mutex_lock(&request->server->lock);
  bool stopping = request->server->stopping;
  pthread_mutex_unlock(&request->server->lock);
  if (stopping) MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  bool is_suspended = request->is_suspended;
  struct MHD_Connection *handle = request->connection;
  request->status = status;
  request->response = response;
  if (is_suspended) MHD_resume_connection(handle);
}

void cmhd_request_answer(
    cmhd_request *request, uint32_t status, const cmhd_header *headers, size_t header_count, const uint8_t *bytes,
    size_t count) {
  struct MHD_Response *response = MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
  if (response == NULL) {
    static const char text[] = "{\"error\":\"no memory for the answer; try again\"}\n";
    static const cmhd_header type = {"Content-Type", "application/json"};
    status = 503;
    headers = &type;
    header_count = 1;
    count = sizeof text - 1;
    response = MHD_create_response_from_buffer(count, (void *)text, MHD_RESPMEM_PERSISTENT);
  }
  request->answer_bytes = count;
  cmhd_answer_with(request, status, headers, header_count, response);
}
