#define _GNU_SOURCE
#include "cmicrohttpd.h"

#include <errno.h>
#include <malloc.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// A client's connection. The reaper reads `since` under the server's lock.
typedef struct connection {
  int socket;
  double since;     // when the client began to keep us waiting; 0 while it does not
  size_t received;  // bytes of a body since then
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
  uint32_t connection_count;
  size_t requests;   // begun and not completed
  size_t suspended;  // of them those whose answer is being made
  size_t body_bytes;
  bool stopping, stopped;
};

struct cmhd_request {
  cmhd_server *server;
  struct MHD_Connection *connection;
  connection *client;
  const char *method, *path;
  uint8_t *body;
  size_t count, capacity, discarded;
  uint32_t refusal;
  struct MHD_Response *response;
  uint32_t status;
  bool is_suspended, is_stream;
};

struct cmhd_stream {
  cmhd_server *server;
  struct MHD_Connection *connection;
  cmhd_pull pull;
  void (*finish)(void *context);
  void *context;
  pthread_mutex_t lock;
  bool waits;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

const char *cmhd_version(void) { return MHD_get_version(); }

bool cmhd_has_tls(void) { return MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES; }

void cmhd_return_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_ARENA_MAX, 4);
}

// Connections

static void connection_changed(
    void *context, struct MHD_Connection *handle, void **place, enum MHD_ConnectionNotificationCode code) {
  cmhd_server *server = context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    connection *client = calloc(1, sizeof *client);
    *place = client;
    if (client == NULL) return;  // its first request is refused
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    client->socket = info == NULL ? -1 : info->connect_fd;
    client->since = now();
    pthread_mutex_lock(&server->lock);
    client->next = server->connections;
    if (client->next != NULL) client->next->previous = client;
    server->connections = client;
    server->connection_count += 1;
    pthread_mutex_unlock(&server->lock);
  } else if (*place != NULL) {
    connection *client = *place;
    *place = NULL;
    pthread_mutex_lock(&server->lock);
    if (client->previous != NULL) client->previous->next = client->next;
    else server->connections = client->next;
    if (client->next != NULL) client->next->previous = client->previous;
    server->connection_count -= 1;
    pthread_mutex_unlock(&server->lock);
    free(client);
  }
}

static void set_since(cmhd_request *request, double since) {
  pthread_mutex_lock(&request->server->lock);
  request->client->since = since;
  request->client->received = 0;
  pthread_mutex_unlock(&request->server->lock);
}

// Ends connections whose client sends or reads too slowly. libmicrohttpd's own time-out starts anew with every byte.
static void *reap(void *context) {
  cmhd_server *server = context;
  pthread_mutex_lock(&server->lock);
  while (!server->stopped) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_cond_timedwait(&server->changed, &server->lock, &until);
    double time = now();
    for (connection *client = server->connections; client != NULL; client = client->next) {
      if (client->since == 0 || client->socket < 0) continue;
      double allowed =
          server->options.slow_seconds + (double)client->received / server->options.bytes_per_second;
      if (time - client->since <= allowed) continue;
      // The socket is still open: it is closed only after connection_changed took the client off the list.
      shutdown(client->socket, SHUT_RDWR);
      client->since = 0;
    }
  }
  pthread_mutex_unlock(&server->lock);
  return NULL;
}

// Requests

static void refuse(cmhd_request *request, uint32_t status) {
  pthread_mutex_lock(&request->server->lock);
  request->server->body_bytes -= request->capacity;
  pthread_mutex_unlock(&request->server->lock);
  free(request->body);
  request->body = NULL;
  request->count = request->capacity = 0;
  request->refusal = status;
}

// Appends to the body. False where the client has sent so much in vain that the connection is to be closed.
static bool receive(cmhd_request *request, const char *bytes, size_t count) {
  cmhd_server *server = request->server;
  pthread_mutex_lock(&server->lock);
  request->client->received += count;
  pthread_mutex_unlock(&server->lock);
  if (request->refusal == 0 && count > server->options.body_limit - request->count) refuse(request, 413);
  if (request->refusal == 0 && request->count + count > request->capacity) {
    size_t capacity = request->capacity == 0 ? 65536 : request->capacity * 2;
    while (capacity < request->count + count) capacity *= 2;
    size_t more = capacity - request->capacity;
    pthread_mutex_lock(&server->lock);
    bool fits = more <= server->options.bodies_limit - server->body_bytes;
    if (fits) server->body_bytes += more;
    pthread_mutex_unlock(&server->lock);
    if (fits) {
      request->capacity = capacity;
      uint8_t *larger = realloc(request->body, capacity);
      if (larger == NULL) refuse(request, 503);
      else request->body = larger;
    } else {
      refuse(request, 503);
    }
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
  set_since(request, request->is_stream ? 0 : now());
  enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result access_request(
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
  set_since(request, 0);
  // Set aside first: the answer may come from another thread before `handle` returns. It is sent by this one, later.
  request->is_suspended = true;
  pthread_mutex_lock(&server->lock);
  server->suspended += 1;
  pthread_mutex_unlock(&server->lock);
  MHD_suspend_connection(handle);
  server->options.handle(server->options.context, request);
  return MHD_YES;
}

static void request_completed(
    void *context, struct MHD_Connection *handle, void **place, enum MHD_RequestTerminationCode code) {
  (void)handle;
  (void)code;
  cmhd_server *server = context;
  cmhd_request *request = *place;
  if (request == NULL) return;
  *place = NULL;
  if (request->response != NULL) MHD_destroy_response(request->response);
  pthread_mutex_lock(&server->lock);
  server->requests -= 1;
  if (request->is_suspended) server->suspended -= 1;
  server->body_bytes -= request->capacity;
  request->client->since = now();
  request->client->received = 0;
  pthread_cond_broadcast(&server->changed);
  pthread_mutex_unlock(&server->lock);
  free(request->body);
  free(request);
}

// Left as it was sent: no two ways to write a path.
static size_t unescape(void *context, struct MHD_Connection *handle, char *text) {
  (void)context;
  (void)handle;
  return strlen(text);
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

// Hands the response over and goes on with a request that was set aside.
static void answer_with(
    cmhd_request *request, uint32_t status, const cmhd_header *headers, size_t header_count,
    struct MHD_Response *response) {
  if (response == NULL) abort();  // out of memory for a few hundred bytes
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
  answer_with(
      request, status, headers, header_count,
      MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY));
}

// Streams

static ssize_t pull_stream(void *context, uint64_t position, char *bytes, size_t capacity) {
  (void)position;
  cmhd_stream *stream = context;
  pthread_mutex_lock(&stream->server->lock);
  bool stopping = stream->server->stopping;
  pthread_mutex_unlock(&stream->server->lock);
  if (stopping) return MHD_CONTENT_READER_END_OF_STREAM;
  pthread_mutex_lock(&stream->lock);
  ptrdiff_t count = stream->pull(stream->context, (uint8_t *)bytes, capacity);
  if (count == 0) {
    stream->waits = true;
    MHD_suspend_connection(stream->connection);
  }
  pthread_mutex_unlock(&stream->lock);
  return count < 0 ? MHD_CONTENT_READER_END_OF_STREAM : count;
}

static void finish_stream(void *context) {
  cmhd_stream *stream = context;
  stream->finish(stream->context);
  pthread_mutex_destroy(&stream->lock);
  free(stream);
}

cmhd_stream *cmhd_request_stream(
    cmhd_request *request, uint32_t status, const cmhd_header *headers, size_t header_count, cmhd_pull pull,
    void (*finish)(void *context), void *context) {
  cmhd_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) abort();
  stream->server = request->server;
  stream->connection = request->connection;
  stream->pull = pull;
  stream->finish = finish;
  stream->context = context;
  pthread_mutex_init(&stream->lock, NULL);
  request->is_stream = true;
  answer_with(
      request, status, headers, header_count,
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, pull_stream, stream, finish_stream));
  return stream;
}

void cmhd_stream_wake(cmhd_stream *stream) {
  pthread_mutex_lock(&stream->lock);
  bool waits = stream->waits;
  stream->waits = false;
  if (waits) MHD_resume_connection(stream->connection);
  pthread_mutex_unlock(&stream->lock);
}

// Start and stop

static void describe(char *reason, size_t capacity, const char *text) { snprintf(reason, capacity, "%s", text); }

// A listening socket, or -1 and a reason.
static int listen_on(const cmhd_options *options, uint16_t *port, bool *is_ipv6, char *reason, size_t capacity) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
  struct addrinfo *addresses = NULL;
  char service[8];
  snprintf(service, sizeof service, "%u", (unsigned)options->port);
  int failure = getaddrinfo(options->host, service, &hints, &addresses);
  if (failure != 0) {
    describe(reason, capacity, gai_strerror(failure));
    return -1;
  }
  int listener = -1;
  for (struct addrinfo *address = addresses; address != NULL && listener < 0; address = address->ai_next) {
    listener = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) {
      describe(reason, capacity, strerror(errno));
      continue;
    }
    int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    if (bind(listener, address->ai_addr, address->ai_addrlen) != 0 || listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&bound, &length) != 0) {
      describe(reason, capacity, errno == EADDRINUSE ? "the port is in use" : strerror(errno));
      close(listener);
      listener = -1;
      continue;
    }
    *is_ipv6 = bound.ss_family == AF_INET6;
    *port = ntohs(
        *is_ipv6 ? ((struct sockaddr_in6 *)&bound)->sin6_port : ((struct sockaddr_in *)&bound)->sin_port);
  }
  freeaddrinfo(addresses);
  return listener;
}

cmhd_server *cmhd_server_start(
    const cmhd_options *options, bool *refuses_identity, char *reason, size_t capacity) {
  *refuses_identity = false;
  cmhd_server *server = calloc(1, sizeof *server);
  if (server == NULL) {
    describe(reason, capacity, "no memory");
    return NULL;
  }
  server->options = *options;
  bool is_ipv6 = false;
  int listener = listen_on(options, &server->port, &is_ipv6, reason, capacity);
  if (listener < 0) {
    free(server);
    return NULL;
  }
  pthread_mutex_init(&server->lock, NULL);
  pthread_cond_init(&server->changed, NULL);
  bool has_tls = options->certificate != NULL;
  struct MHD_OptionItem items[] = {
      {MHD_OPTION_LISTEN_SOCKET, listener, NULL},
      {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)options->connections, NULL},
      {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)options->connections_per_address, NULL},
      {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)options->idle_seconds, NULL},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->connection_memory, NULL},
      {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
      {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
      {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_completed, server},
      {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_changed, server},
      {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)unescape, NULL},
      // The last ones are left out by an earlier end where they are not wanted.
      {has_tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, (void *)options->certificate},
      {has_tls ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, 0, (void *)options->key},
      {MHD_OPTION_END, 0, NULL},
  };
  // Not epoll: edge-triggered, it misses the end of a client that goes right after a part of a request.
  unsigned int flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_SUSPEND_RESUME | (is_ipv6 ? MHD_USE_IPv6 : 0) |
                       (has_tls ? MHD_USE_TLS : 0);
  errno = 0;
  // A pool of one is an error to libmicrohttpd.
  if (options->threads > 1) {
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, access_request, server, MHD_OPTION_ARRAY, items, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned int)options->threads, MHD_OPTION_END);
  } else {
    server->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, access_request, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
  }
  if (server->daemon == NULL) {
    // The listener is there; what else can fail with TLS is its identity.
    *refuses_identity = has_tls;
    describe(reason, capacity, has_tls ? "the TLS library does not take the certificate and key" : strerror(errno));
  } else if (pthread_create(&server->reaper, NULL, reap, server) != 0) {
    describe(reason, capacity, "no thread can be started");
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    listener = -1;  // closed by the daemon
  }
  if (server->daemon == NULL) {
    if (listener >= 0) close(listener);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
    return NULL;
  }
  return server;
}

uint16_t cmhd_server_port(const cmhd_server *server) { return server->port; }

uint32_t cmhd_server_connections(cmhd_server *server) {
  pthread_mutex_lock(&server->lock);
  uint32_t count = server->connection_count;
  pthread_mutex_unlock(&server->lock);
  return count;
}

void cmhd_server_stop(cmhd_server *server, uint32_t seconds) {
  int listener = MHD_quiesce_daemon(server->daemon);
  if (listener >= 0) shutdown(listener, SHUT_RDWR);  // who comes now is refused at once
  pthread_mutex_lock(&server->lock);
  server->stopping = true;
  double deadline = now() + seconds;
  while (server->requests > 0 && (now() < deadline || server->suspended > 0)) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 100 * 1000 * 1000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_sec += 1;
      until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&server->changed, &server->lock, &until);
  }
  server->stopped = true;
  pthread_cond_broadcast(&server->changed);
  pthread_mutex_unlock(&server->lock);
  pthread_join(server->reaper, NULL);
  MHD_stop_daemon(server->daemon);
  if (listener >= 0) close(listener);
  pthread_cond_destroy(&server->changed);
  pthread_mutex_destroy(&server->lock);
  free(server);
}
