#ifndef EMOJIFY_COPENCV_VIDEO_H
#define EMOJIFY_COPENCV_VIDEO_H

// Moving pictures: the part of OpenCV's videoio and highgui that emojify uses. The rules are those of copencv.h. Nothing
// FFmpeg says, on any of its threads, comes out either.

#include "copencv.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct copencv_capture copencv_capture;
typedef struct copencv_video_writer copencv_video_writer;

// What a file or camera claims before a frame was read; 0 where it does not say. `frames` may be an estimate.
typedef struct copencv_capture_facts {
  int32_t width, height;
  double framesPerSecond;
  int64_t frames;
} copencv_capture_facts;

// Reading. A handle is ended by copencv_capture_release.

// A video file, read by FFmpeg. COPENCV_BAD_DATA where it is none.
copencv_status copencv_capture_open_file(const char *path, copencv_capture **capture, char *reason, size_t capacity);
// A camera of Video4Linux, /dev/video<index>. COPENCV_MISSING where there is none.
copencv_status copencv_capture_open_camera(
    int32_t index, copencv_capture **capture, char *reason, size_t capacity);
void copencv_capture_release(copencv_capture *capture);
copencv_capture_facts copencv_capture_get_facts(const copencv_capture *capture);
// Whether a video file has sound, which is not read; false where nobody knows.
bool copencv_video_has_sound(const char *path);
// The next frame, 3 channels, turned as the file says; NULL at the end. `seconds`: its time in the file, negative where
// that is not known.
copencv_status copencv_capture_read(
    copencv_capture *capture, copencv_image **image, double *seconds, char *reason, size_t capacity);

// Writing: MP4 with H.264 or, where FFmpeg has no encoder for it, MPEG-4 part 2. The file is whole after the release.
// COPENCV_BAD_DATA where neither can write such frames.
copencv_status copencv_video_writer_open(
    const char *path, double framesPerSecond, int32_t width, int32_t height, copencv_video_writer **writer,
    char *reason, size_t capacity);
copencv_status copencv_video_writer_write(
    copencv_video_writer *writer, const copencv_image *image, char *reason, size_t capacity);
void copencv_video_writer_release(copencv_video_writer *writer);

// Windows, all from one thread.

// Whether OpenCV's library for them can be opened.
bool copencv_has_windows(void);

// COPENCV_MISSING where there is no X display: OpenCV's toolkit would end the process.
copencv_status copencv_window_open(const char *name, int32_t width, int32_t height, char *reason, size_t capacity);
copencv_status copencv_window_show(const char *name, const copencv_image *image, char *reason, size_t capacity);
// Lets the window work for at most so many milliseconds. `key`: the character typed, or -1; `isOpen`: false once the
// window was closed.
copencv_status copencv_window_wait(
    const char *name, int32_t milliseconds, int32_t *key, bool *isOpen, char *reason, size_t capacity);
void copencv_window_close(const char *name);

#ifdef __cplusplus
}
#endif

#endif
