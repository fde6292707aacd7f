// Answers without an end, pulled as the client reads.
#define _GNU_SOURCE
#include "server.h"

#include <stdlib.h>

struct cmhd_stream {
  cmhd_server *server;
  struct MHD_Connection *connection;
  cmhd_pull pull;
  void (*finish)(void *context);
  void *context;
  pthread_mutex_t lock;
  bool waits;
};

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
  cmhd_answer_with(
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
