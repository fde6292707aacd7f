#include "copencv.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/objdetect.hpp>
#include <vector>

#include "copencv_internal.hpp"

using namespace copencv;

struct copencv_cascade {
  cv::CascadeClassifier classifier;
};

namespace {

bool isJPEG(const uint8_t *bytes, size_t count) {
  return count > 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
}

// What a JPEG's markers say of it (ITU-T T.81, B.1.1).
struct Scans {
  int count = 0;
  bool isEnded = false;  // an end marker follows the last one
};

Scans scans(const uint8_t *bytes, size_t count) {
  Scans found;
  const uint8_t *end = bytes + count;
  for (const uint8_t *place = bytes; place + 1 < end; place++) {
    place = static_cast<const uint8_t *>(std::memchr(place, 0xFF, end - place - 1));
    if (!place) break;
    if (place[1] == 0xDA) {
      found.count += 1;
      found.isEnded = false;
    } else if (place[1] == 0xD9) {
      found.isEnded = true;
    }
  }
  return found;
}

cv::Mat decoded(const uint8_t *bytes, size_t count, int flags) {
  if (count == 0) throw BadData{"no data"};
  std::vector<uint8_t> ended;
  bool mayBeCut = false;
  if (isJPEG(bytes, count)) {
    Scans found = scans(bytes, count);
    // Each goes over the whole picture again; encoders make ten.
    if (found.count > 500) throw BadData{"more than 500 scans"};
    mayBeCut = !found.isEnded;
  }
  if (isJPEG(bytes, count) && !(bytes[count - 2] == 0xFF && bytes[count - 1] == 0xD9)) {
    // Without an end marker OpenCV returns rows it never wrote. With one, libjpeg fills the missing rows and says so,
    // while a file that lacks nothing but its marker is whole.
    ended.assign(bytes, bytes + count);
    ended.push_back(0xFF);
    ended.push_back(0xD9);
    bytes = ended.data();
    count = ended.size();
  }
  if (count > INT32_MAX) throw BadData{"more than 2 GB of data"};
  cv::Mat buffer(1, static_cast<int>(count), CV_8U, const_cast<uint8_t *>(bytes));
  cv::Mat image;
  try {
    image = cv::imdecode(buffer, flags);
  } catch (const cv::Exception &error) {
    if (error.code == cv::Error::StsNoMem) throw;
    throw BadData{"the data is damaged"};
  }
  // The only place where libjpeg, libpng ("Read Error" of OpenCV's own source) and OpenCV say what is wrong.
  for (const char *sign : {"premature end", "Read Error", "Unexpected end of input stream"}) {
    if (std::strstr(muted.text, sign)) throw BadData{"the data ends early"};
  }
  // libjpeg says only the first of its complaints, which may have been another.
  if (mayBeCut && std::strstr(muted.text, "Corrupt JPEG data")) throw BadData{"the data ends early"};
  if (image.empty()) throw BadData{"the data is damaged"};
  if (image.depth() == CV_16U) image.convertTo(image, CV_8U, 1.0 / 257);
  if (image.depth() != CV_8U) throw BadData{"its pixels are not 8 or 16-bit integers"};
  return image;
}

cv::Scalar scalar(copencv_colour colour) { return cv::Scalar(colour.blue, colour.green, colour.red, 255); }

// A BGRA image with alpha 0 to 1 and colours multiplied by it: scaling averages them, and a transparent pixel's colour
// must not show.
cv::Mat weightedByAlpha(const cv::Mat &picture) {
  cv::Mat weighted;
  picture.convertTo(weighted, CV_32F);
  for (int row = 0; row < weighted.rows; row++) {
    auto *pixel = weighted.ptr<cv::Vec4f>(row);
    for (int column = 0; column < weighted.cols; column++) {
      float alpha = pixel[column][3] / 255;
      for (int channel = 0; channel < 3; channel++) pixel[column][channel] *= alpha;
      pixel[column][3] = alpha;
    }
  }
  return weighted;
}

// The part `band` of `picture` enlarged to `target`.
cv::Mat enlarged(const cv::Mat &picture, const cv::Rect &target, const cv::Rect &band) {
  double across = static_cast<double>(picture.cols) / target.width;
  double down = static_cast<double>(picture.rows) / target.height;
  // Pixels are squares, their coordinates those of their middles.
  cv::Matx23d places(
      across, 0, (band.x - target.x + 0.5) * across - 0.5, 0, down, (band.y - target.y + 0.5) * down - 0.5);
  cv::Mat part;
  cv::warpAffine(
      picture, part, places, band.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
  return part;
}

}  // namespace

// MARK: Library

const char *copencv_version(void) { return CV_VERSION; }

void copencv_set_threads(int32_t count) { cv::setNumThreads(count); }

// MARK: Images

copencv_status copencv_image_decode(
    const uint8_t *bytes, size_t count, int32_t channels, copencv_image **image, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    int flags = channels == 1   ? cv::IMREAD_GRAYSCALE
                : channels == 3 ? cv::IMREAD_COLOR
                                : cv::IMREAD_UNCHANGED;
    *image = new copencv_image{withChannels(decoded(bytes, count, flags), channels)};
  });
}

copencv_status copencv_image_create(
    int32_t width, int32_t height, int32_t channels, const uint8_t *pixels, copencv_image **image, char *reason,
    size_t capacity) {
  return guarded(reason, capacity, [&] {
    cv::Mat created = cv::Mat::zeros(height, width, CV_8UC(channels));
    if (pixels) std::memcpy(created.data, pixels, created.total() * created.elemSize());
    *image = new copencv_image{created};
  });
}

copencv_status copencv_image_convert(
    const copencv_image *source, int32_t width, int32_t height, int32_t channels, copencv_image **image, char *reason,
    size_t capacity) {
  return guarded(reason, capacity, [&] {
    // Gray before resizing has a third of the work; colour after it likewise.
    cv::Mat pixels = source->pixels;
    if (channels < pixels.channels()) pixels = withChannels(pixels, channels);
    pixels = withChannels(resized(pixels, {width, height}), channels);
    // No two handles share pixels.
    *image = new copencv_image{pixels.data == source->pixels.data ? pixels.clone() : pixels};
  });
}

copencv_status copencv_image_widen(
    const copencv_image *source, int32_t width, copencv_colour colour, copencv_image **image, char *reason,
    size_t capacity) {
  return guarded(reason, capacity, [&] {
    cv::Mat wide;
    cv::copyMakeBorder(source->pixels, wide, 0, 0, 0, width, cv::BORDER_CONSTANT, scalar(colour));
    *image = new copencv_image{wide};
  });
}

copencv_status copencv_image_shrink_overlay(
    const copencv_image *source, int32_t width, int32_t height, copencv_image **image, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    cv::Mat scaled = resized(weightedByAlpha(source->pixels), {width, height});
    cv::Mat result(scaled.size(), CV_8UC4);
    for (int row = 0; row < scaled.rows; row++) {
      const auto *from = scaled.ptr<cv::Vec4f>(row);
      auto *to = result.ptr<cv::Vec4b>(row);
      for (int column = 0; column < scaled.cols; column++) {
        float alpha = from[column][3];
        for (int channel = 0; channel < 3; channel++) {
          to[column][channel] = alpha > 0 ? cv::saturate_cast<uint8_t>(from[column][channel] / alpha) : 0;
        }
        to[column][3] = cv::saturate_cast<uint8_t>(alpha * 255);
      }
    }
    *image = new copencv_image{result};
  });
}

void copencv_image_release(copencv_image *image) { delete image; }

int32_t copencv_image_width(const copencv_image *image) { return image->pixels.cols; }
int32_t copencv_image_height(const copencv_image *image) { return image->pixels.rows; }
int32_t copencv_image_channels(const copencv_image *image) { return image->pixels.channels(); }

void copencv_image_copy_pixels(const copencv_image *image, uint8_t *pixels) {
  const cv::Mat &source = image->pixels;  // continuous: no handle holds a window into another
  std::memcpy(pixels, source.data, source.total() * source.elemSize());
}

copencv_status copencv_image_region(
    const copencv_image *image, int32_t x, int32_t y, int32_t width, int32_t height, int32_t outWidth,
    int32_t outHeight, int32_t channels, uint8_t *pixels, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    cv::Rect region(x, y, width, height);
    cv::Rect inside = region & cv::Rect({0, 0}, image->pixels.size());
    if (inside.empty()) throw BadData{"the region lies outside the image"};
    cv::Mat part = withChannels(image->pixels(inside), channels);
    if (inside != region) {
      // BORDER_ISOLATED: `part` may be a window into the whole image, whose other pixels are no border to repeat.
      cv::Mat padded;
      cv::copyMakeBorder(
          part, padded, inside.y - y, y + height - inside.y - inside.height, inside.x - x,
          x + width - inside.x - inside.width, cv::BORDER_REPLICATE | cv::BORDER_ISOLATED);
      part = padded;
    }
    cv::Mat out(outHeight, outWidth, CV_8UC(channels), pixels);
    resized(part, out.size()).copyTo(out);
  });
}

copencv_status copencv_image_equalize(copencv_image *image, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] { cv::equalizeHist(image->pixels, image->pixels); });
}

copencv_status copencv_image_encode(
    const copencv_image *image, const char *extension, int32_t quality, uint8_t **bytes, size_t *count, char *reason,
    size_t capacity) {
  return guarded(reason, capacity, [&] {
    std::vector<uint8_t> encoded;
    std::vector<int> parameters = {cv::IMWRITE_JPEG_QUALITY, quality, cv::IMWRITE_WEBP_QUALITY, quality};
    if (!cv::imencode(extension, image->pixels, encoded, parameters)) throw BadData{"the encoder failed"};
    *bytes = static_cast<uint8_t *>(std::malloc(encoded.size()));
    if (!*bytes) throw std::bad_alloc();
    std::memcpy(*bytes, encoded.data(), encoded.size());
    *count = encoded.size();
  });
}

void copencv_bytes_release(uint8_t *bytes) { std::free(bytes); }

// MARK: Drawing

copencv_status copencv_draw_rectangle(
    copencv_image *image, int32_t x, int32_t y, int32_t width, int32_t height, int32_t radius, int32_t thickness,
    copencv_colour colour, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    const int fraction = 4;  // points in sixteenths of a pixel
    const int steps = 12;    // chords of a quarter circle
    double rounding = std::min<double>(radius, std::min(width, height) / 2.0);
    double left = x + rounding, top = y + rounding;
    double right = x + width - 1 - rounding, bottom = y + height - 1 - rounding;
    const double centres[4][2] = {{right, bottom}, {left, bottom}, {left, top}, {right, top}};
    std::vector<cv::Point> outline;
    for (int corner = 0; corner < 4; corner++) {
      for (int step = 0; step <= steps; step++) {
        double angle = (corner + static_cast<double>(step) / steps) * CV_PI / 2;
        outline.emplace_back(
            cvRound((centres[corner][0] + rounding * std::cos(angle)) * (1 << fraction)),
            cvRound((centres[corner][1] + rounding * std::sin(angle)) * (1 << fraction)));
      }
    }
    if (thickness > 0) {
      cv::polylines(image->pixels, outline, true, scalar(colour), thickness, cv::LINE_AA, fraction);
    } else {
      cv::fillConvexPoly(image->pixels, outline, scalar(colour), cv::LINE_AA, fraction);
    }
  });
}

void copencv_text_size(
    const char *text, double scale, int32_t thickness, int32_t *width, int32_t *height, int32_t *baseline) {
  cv::Size size;
  int below = 0;
  guarded(nullptr, 0, [&] {
    size = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, thickness, &below);
  });
  *width = size.width;
  *height = size.height;
  *baseline = below;
}

copencv_status copencv_draw_text(
    copencv_image *image, const char *text, int32_t x, int32_t y, double scale, int32_t thickness,
    copencv_colour colour, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    cv::putText(
        image->pixels, text, {x, y}, cv::FONT_HERSHEY_SIMPLEX, scale, scalar(colour), thickness, cv::LINE_AA);
  });
}

copencv_status copencv_draw_overlay(
    copencv_image *image, const copencv_image *overlay, int32_t x, int32_t y, int32_t width, int32_t height,
    char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    cv::Rect target(x, y, width, height);
    cv::Rect inside = target & cv::Rect({0, 0}, image->pixels.size());
    if (inside.empty()) return;
    cv::Mat weighted = weightedByAlpha(overlay->pixels);
    bool grows = width > weighted.cols || height > weighted.rows;
    if (!grows) weighted = resized(weighted, target.size());
    // Enlarged, it would take sixteen bytes for each pixel of a large picture, so that is done in bands.
    const int rows = 128;
    for (int top = inside.y; top < inside.y + inside.height; top += rows) {
      cv::Rect band(inside.x, top, inside.width, std::min(rows, inside.y + inside.height - top));
      cv::Mat scaled = grows ? enlarged(weighted, target, band) : weighted(band - target.tl());
      for (int row = 0; row < band.height; row++) {
        const auto *above = scaled.ptr<cv::Vec4f>(row);
        auto *below = image->pixels.ptr<cv::Vec3b>(top + row) + band.x;
        for (int column = 0; column < band.width; column++) {
          const cv::Vec4f &over = above[column];
          for (int channel = 0; channel < 3; channel++) {
            below[column][channel] =
                cv::saturate_cast<uint8_t>(over[channel] + (1 - over[3]) * below[column][channel]);
          }
        }
      }
    }
  });
}

// MARK: Haar cascades

copencv_status copencv_cascade_load(const char *path, copencv_cascade **cascade, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    auto loaded = std::make_unique<copencv_cascade>();
    bool fine = false;
    try {
      fine = loaded->classifier.load(path);
    } catch (const cv::Exception &) {
    }
    if (!fine) throw BadData{"not an OpenCV cascade"};
    *cascade = loaded.release();
  });
}

void copencv_cascade_release(copencv_cascade *cascade) { delete cascade; }

copencv_status copencv_cascade_detect(
    copencv_cascade *cascade, const copencv_image *gray, double scaleFactor, int32_t minimumNeighbours,
    int32_t minimumSide, copencv_box *boxes, size_t boxCapacity, size_t *count, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    std::vector<cv::Rect> found;
    std::vector<int> neighbours;
    cascade->classifier.detectMultiScale(
        gray->pixels, found, neighbours, scaleFactor, minimumNeighbours, 0, {minimumSide, minimumSide});
    *count = std::min(found.size(), boxCapacity);
    for (size_t index = 0; index < *count; index++) {
      const cv::Rect &box = found[index];
      boxes[index] = {box.x, box.y, box.width, box.height, neighbours[index]};
    }
  });
}
