#ifndef EMOJIFY_COPENCV_INTERNAL_H
#define EMOJIFY_COPENCV_INTERNAL_H

// What the implementation files of this shim share; nobody outside includes it.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <mutex>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgproc.hpp>
#include <streambuf>

#include "copencv.h"

struct copencv_image {
  cv::Mat pixels;
};

namespace copencv {

// MARK: Silence

// From inside OpenCV libpng and libjpeg print to C's `stderr`, and imdecode to `std::cerr`. While a call is under way
// both keep what the calling thread prints and pass on what any other thread prints. Afterwards they are as they were.
struct Muted {
  bool on = false;
  size_t length = 0;
  char text[512] = {};
};
inline thread_local Muted muted;

inline ssize_t keepOrPass(void *, const char *bytes, size_t count) {
  if (muted.on) {
    size_t kept = std::min(count, sizeof muted.text - 1 - muted.length);
    std::memcpy(muted.text + muted.length, bytes, kept);
    muted.length += kept;
    muted.text[muted.length] = 0;
    return static_cast<ssize_t>(count);
  }
  return write(STDERR_FILENO, bytes, count);
}

class KeepOrPass : public std::streambuf {
  std::streamsize xsputn(const char *bytes, std::streamsize count) override {
    return keepOrPass(nullptr, bytes, static_cast<size_t>(count));
  }
  int_type overflow(int_type value) override {
    char byte = traits_type::to_char_type(value);
    return traits_type::eq_int_type(value, traits_type::eof()) || keepOrPass(nullptr, &byte, 1) == 1
               ? traits_type::not_eof(value)
               : traits_type::eof();
  }
};

class Silence {
 public:
  Silence() {
    std::lock_guard<std::mutex> guard(lock);
    if (!stream) {
      cookie_io_functions_t functions = {nullptr, keepOrPass, nullptr, nullptr};
      stream = fopencookie(nullptr, "w", functions);
      if (stream) setvbuf(stream, nullptr, _IONBF, 0);
      cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
      cv::redirectError([](int, const char *, const char *, const char *, int, void *) { return 0; });
    }
    if (users++ == 0) {
      original = stderr;
      if (stream) stderr = stream;
      originalBuffer = std::cerr.rdbuf(&buffer);
    }
    muted.on = true;
    muted.length = 0;
    muted.text[0] = 0;
  }

  ~Silence() {
    std::lock_guard<std::mutex> guard(lock);
    muted.on = false;
    if (--users == 0) {
      stderr = original;
      std::cerr.rdbuf(originalBuffer);
    }
  }

 private:
  static inline std::mutex lock;
  static inline FILE *stream = nullptr;
  static inline FILE *original = nullptr;
  static inline KeepOrPass buffer;
  static inline std::streambuf *originalBuffer = nullptr;
  static inline int users = 0;
};

// MARK: Status and reason

struct BadData {
  const char *reason;
};

// The first line of `text`.
inline void explain(const char *text, char *reason, size_t capacity) {
  if (!reason || capacity == 0) return;
  size_t length = std::min(std::strcspn(text, "\r\n"), capacity - 1);
  std::memcpy(reason, text, length);
  reason[length] = 0;
}

template <typename Body>
copencv_status guarded(char *reason, size_t capacity, Body body) {
  Silence silence;
  try {
    body();
    return COPENCV_OK;
  } catch (const BadData &bad) {
    explain(bad.reason, reason, capacity);
    return COPENCV_BAD_DATA;
  } catch (const cv::Exception &error) {
    explain(error.err.c_str(), reason, capacity);
    return COPENCV_FAILED;
  } catch (const std::bad_alloc &) {
    explain("out of memory", reason, capacity);
    return COPENCV_FAILED;
  } catch (const std::exception &error) {
    explain(error.what(), reason, capacity);
    return COPENCV_FAILED;
  } catch (...) {
    explain("unknown C++ exception", reason, capacity);
    return COPENCV_FAILED;
  }
}

// MARK: Pixels

inline cv::Mat withChannels(const cv::Mat &source, int channels) {
  if (source.channels() == channels) return source;
  static const int codes[5][5] = {
      {},
      {0, 0, 0, cv::COLOR_GRAY2BGR, cv::COLOR_GRAY2BGRA},
      {},
      {0, cv::COLOR_BGR2GRAY, 0, 0, cv::COLOR_BGR2BGRA},
      {0, cv::COLOR_BGRA2GRAY, 0, cv::COLOR_BGRA2BGR, 0},
  };
  cv::Mat result;
  cv::cvtColor(source, result, codes[source.channels()][channels]);
  return result;
}

inline cv::Mat resized(const cv::Mat &source, cv::Size size) {
  if (source.size() == size) return source;
  bool shrinks = size.width <= source.cols && size.height <= source.rows;
  cv::Mat result;
  cv::resize(source, result, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return result;
}

}  // namespace copencv

#endif
