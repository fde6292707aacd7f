#ifndef EMOJIFY_COPENCV_H
#define EMOJIFY_COPENCV_H

// The part of OpenCV 4 that emojify uses, as a C ABI. No C++ exception, no log line and nothing on stderr leaves it:
// every call that can fail returns a status and, where that is not COPENCV_OK, writes one line without a final stop into
// `reason` (`capacity` bytes, always terminated; may be NULL with capacity 0).
//
// Pixels are 8-bit, rows from the top, channels interleaved: 1 (gray), 3 (BGR) or 4 (BGRA, alpha not premultiplied).
// Different handles may be used from different threads; one handle from one thread at a time, an image that is only read
// from any number.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum copencv_status {
  COPENCV_OK = 0,
  COPENCV_BAD_DATA = 1,  // the bytes or the file given are not what they should be
  COPENCV_FAILED = 2,    // OpenCV or the memory failed
  COPENCV_MISSING = 3,   // there is no such device
} copencv_status;

typedef struct copencv_image copencv_image;
typedef struct copencv_cascade copencv_cascade;

// `neighbours` counts the raw detections that agreed on this box: the detector's confidence.
typedef struct copencv_box {
  int32_t x, y, width, height, neighbours;
} copencv_box;

typedef struct copencv_colour {
  uint8_t blue, green, red;
} copencv_colour;

// OpenCV's version, such as "4.6.0". Static storage.
const char *copencv_version(void);
// How many threads one call may use; a call from several threads at once needs no more than one each.
void copencv_set_threads(int32_t count);

// Images: decode and create hand over a handle that copencv_image_release ends.

// Decodes an image file held in memory into `channels` channels. For 1 and 3 the EXIF orientation is applied.
// Says COPENCV_BAD_DATA for data that ends early. The caller checks the size in the header first.
copencv_status copencv_image_decode(
    const uint8_t *bytes, size_t count, int32_t channels, copencv_image **image, char *reason, size_t capacity);
// An image of the given pixels, width * height * channels bytes, copied; NULL makes it all zero.
copencv_status copencv_image_create(
    int32_t width, int32_t height, int32_t channels, const uint8_t *pixels, copencv_image **image, char *reason,
    size_t capacity);
// Resized to width x height (area average when shrinking, bilinear otherwise), in `channels` channels.
copencv_status copencv_image_convert(
    const copencv_image *source, int32_t width, int32_t height, int32_t channels, copencv_image **image, char *reason,
    size_t capacity);
// A copy with `width` columns of one colour at its right.
copencv_status copencv_image_widen(
    const copencv_image *source, int32_t width, copencv_colour colour, copencv_image **image, char *reason,
    size_t capacity);
// A BGRA image made smaller; colours are weighted by their alpha.
copencv_status copencv_image_shrink_overlay(
    const copencv_image *source, int32_t width, int32_t height, copencv_image **image, char *reason, size_t capacity);
void copencv_image_release(copencv_image *image);

int32_t copencv_image_width(const copencv_image *image);
int32_t copencv_image_height(const copencv_image *image);
int32_t copencv_image_channels(const copencv_image *image);
// All pixels without padding: width * height * channels bytes.
void copencv_image_copy_pixels(const copencv_image *image, uint8_t *pixels);

// The region x, y, width, height in `channels` channels (1 or 3), resized to outWidth x outHeight, into `pixels`
// (outWidth * outHeight * channels bytes). Where the region leaves the image, the image's border pixels are repeated.
copencv_status copencv_image_region(
    const copencv_image *image, int32_t x, int32_t y, int32_t width, int32_t height, int32_t outWidth,
    int32_t outHeight, int32_t channels, uint8_t *pixels, char *reason, size_t capacity);
// Spreads a gray image's histogram over all 256 values, in place.
copencv_status copencv_image_equalize(copencv_image *image, char *reason, size_t capacity);

// Encodes as `extension` (".png", ".jpg", ".webp", ".bmp"); quality 1...100 for those that lose.
// `bytes` is ended by copencv_bytes_release.
copencv_status copencv_image_encode(
    const copencv_image *image, const char *extension, int32_t quality, uint8_t **bytes, size_t *count, char *reason,
    size_t capacity);
void copencv_bytes_release(uint8_t *bytes);

// Drawing, antialiased, clipped at the image's borders.

// A rectangle with rounded corners, filled where `thickness` is 0, else a line of that thickness centred on its edge.
copencv_status copencv_draw_rectangle(
    copencv_image *image, int32_t x, int32_t y, int32_t width, int32_t height, int32_t radius, int32_t thickness,
    copencv_colour colour, char *reason, size_t capacity);
// ASCII text in Hershey's simplex; `baseline` is how far letters reach below `y`, the line they stand on.
void copencv_text_size(
    const char *text, double scale, int32_t thickness, int32_t *width, int32_t *height, int32_t *baseline);
copencv_status copencv_draw_text(
    copencv_image *image, const char *text, int32_t x, int32_t y, double scale, int32_t thickness,
    copencv_colour colour, char *reason, size_t capacity);
// Lays a BGRA image, scaled to the rectangle, over a BGR image.
copencv_status copencv_draw_overlay(
    copencv_image *image, const copencv_image *overlay, int32_t x, int32_t y, int32_t width, int32_t height,
    char *reason, size_t capacity);

// Haar cascades.

copencv_status copencv_cascade_load(const char *path, copencv_cascade **cascade, char *reason, size_t capacity);
void copencv_cascade_release(copencv_cascade *cascade);
// At most `boxCapacity` boxes of a gray image into `boxes`, their number into `count`.
copencv_status copencv_cascade_detect(
    copencv_cascade *cascade, const copencv_image *gray, double scaleFactor, int32_t minimumNeighbours,
    int32_t minimumSide, copencv_box *boxes, size_t boxCapacity, size_t *count, char *reason, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
