// The server's life: connections with their time, start and stop.
#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *cmhd_version(void) { return MHD_get_version(); }

bool cmhd_has_tls(void) { return MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES; }

void cmhd_return_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  mallopt(M_ARENA_MAX, 4);
}

// Connections

void cmhd_connection_changed(
    void *context, struct MHD_Connection *handle, void **place, enum MHD_ConnectionNotificationCode code) {
  cmhd_server *server = context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    connection *client = calloc(1, sizeof *client);
    *place = client;
    if (client == NULL) return;  // its first request is refused
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    client->socket = info == NULL ? -1 : info->connect_fd;
    info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    if (address != NULL && address->sa_family == AF_INET) {
      memcpy(client->address, &((const struct sockaddr_in *)address)->sin_addr, 4);
    } else if (address != NULL && address->sa_family == AF_INET6) {
      memcpy(client->address, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    }
    client->since = now();
    pthread_mutex_lock(&server->lock);
    client->next = server->connections;
    if (client->next != NULL) client->next->previous = client;
    server->connections = client;
    pthread_mutex_unlock(&server->lock);
  } else if (*place != NULL) {
    connection *client = *place;
    *place = NULL;
    pthread_mutex_lock(&server->lock);
    if (client->previous != NULL) client->previous->next = client->next;
    else server->connections = client->next;
    if (client->next != NULL) client->next->previous = client->previous;
    pthread_mutex_unlock(&server->lock);
    free(client);
  }
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
          server->options.slow_seconds + (double)client->bytes / server->options.bytes_per_second;
      if (time - client->since <= allowed) continue;
      // The socket is still open: it is closed only after cmhd_connection_changed took the client off the list.
      shutdown(client->socket, SHUT_RDWR);
      client->since = 0;
    }
  }
  pthread_mutex_unlock(&server->lock);
  return NULL;
}

// Left as it was sent: no two ways to write a path.
static size_t unescape(void *context, struct MHD_Connection *handle, char *text) {
  (void)context;
  (void)handle;
  return strlen(text);
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
      {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)cmhd_request_completed, server},
      {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)cmhd_connection_changed, server},
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
        flags, 0, NULL, NULL, cmhd_access_request, server, MHD_OPTION_ARRAY, items, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned int)options->threads, MHD_OPTION_END);
  } else {
    server->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, cmhd_access_request, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
  }
  if (server->daemon == NULL) {
    // The listener is there; what else can fail with TLS, where the system gives what is asked for, is its identity.
    bool lacks = errno == EAGAIN || errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    *refuses_identity = has_tls && !lacks;
    describe(reason, capacity,
             *refuses_identity ? "the TLS library does not take the certificate and key" : strerror(errno));
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
