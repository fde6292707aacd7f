#include "copencv_video.h"

#include <dlfcn.h>

#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <opencv2/highgui.hpp>
#include <opencv2/videoio.hpp>

#include "copencv_internal.hpp"

using namespace copencv;

// These two libraries bring FFmpeg and Qt, a hundred libraries that would be loaded with every command and take as long
// as the rest of its start. So they are not linked but opened when a video or window is: of their classes only the
// constructors are looked up, all else is virtual. Their names' number is that of the headers.

struct copencv_capture {
  std::unique_ptr<cv::VideoCapture> capture;
  int degrees = 0;  // by which frames are turned clockwise: 0, 90, 180, 270
};

struct copencv_video_writer {
  std::unique_ptr<cv::VideoWriter> writer;
  cv::Size size;
};

namespace {

struct Missing {
  const char *reason;
};

// MARK: The libraries

#define STRING "RKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"

class Library {
 public:
  explicit Library(const char *name) {
    char file[64];
    std::snprintf(file, sizeof file, "libopencv_%s.so.%d%02d", name, CV_VERSION_MAJOR, CV_VERSION_MINOR);
    handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    std::snprintf(missing, sizeof missing, "OpenCV's library %s is not installed", file);
  }

  // The function of that name and of the type asked for.
  template <typename Function>
  Function *find(const char *symbol) const {
    void *address = handle ? dlsym(handle, symbol) : nullptr;
    if (!address) throw Missing{missing};
    return reinterpret_cast<Function *>(address);
  }

  bool isOpen() const { return handle != nullptr; }

  void *optional(const char *symbol) const { return handle ? dlsym(handle, symbol) : nullptr; }

 private:
  void *handle;
  char missing[128];
};

// FFmpeg writes to stderr from threads of its own.
void keepLog(void *, int level, const char *format, va_list arguments) {
  const int errorLevel = 16;  // AV_LOG_ERROR
  if (!muted.on || level > errorLevel) return;
  char line[256];
  int length = std::vsnprintf(line, sizeof line, format, arguments);
  if (length > 0) keepOrPass(nullptr, line, std::min<size_t>(length, sizeof line - 1));
}

const Library &videoio() {
  static const Library library = [] {
    Library opened("videoio");
    using Callback = void (*)(void *, int, const char *, va_list);
    auto set = reinterpret_cast<void (*)(Callback)>(opened.optional("av_log_set_callback"));
    if (set) set(keepLog);
    return opened;
  }();
  return library;
}

const Library &highgui() {
  static const Library library("highgui");
  return library;
}

// A `Class` in memory of its own, by its constructor.
template <typename Class, typename... Arguments>
std::unique_ptr<Class> made(const char *constructor, Arguments... arguments) {
  auto construct = videoio().find<void(void *, Arguments...)>(constructor);
  void *memory = ::operator new(sizeof(Class));
  try {
    construct(memory, arguments...);
  } catch (...) {
    ::operator delete(memory);
    throw;
  }
  return std::unique_ptr<Class>(static_cast<Class *>(memory));
}

// `guarded` with one more way to fail.
template <typename Body>
copencv_status guardedDevice(char *reason, size_t capacity, Body body) {
  const char *missing = nullptr;
  copencv_status status = guarded(reason, capacity, [&] {
    try {
      body();
    } catch (const Missing &error) {
      missing = error.reason;
    }
  });
  if (!missing) return status;
  explain(missing, reason, capacity);
  return COPENCV_MISSING;
}

}  // namespace

// MARK: Reading

copencv_status copencv_capture_open_file(const char *path, copencv_capture **capture, char *reason, size_t capacity) {
  return guardedDevice(reason, capacity, [&] {
    auto opened = std::make_unique<copencv_capture>();
    const cv::String name(path);
    opened->capture = made<cv::VideoCapture, const cv::String &, int>(
        "_ZN2cv12VideoCaptureC1E" STRING "i", name, cv::CAP_FFMPEG);
    if (!opened->capture->isOpened()) throw BadData{"not a video that can be read"};
    // OpenCV turns frames itself, but not every version does, and 4.6 turns them the wrong way (opencv issue 22088).
    if (opened->capture->set(cv::CAP_PROP_ORIENTATION_AUTO, 0)) {
      int degrees = cvRound(opened->capture->get(cv::CAP_PROP_ORIENTATION_META));
      bool isReversed = CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR == 6;
      opened->degrees = ((isReversed ? -degrees : degrees) % 360 + 360) % 360;
    }
    *capture = opened.release();
  });
}

copencv_status copencv_capture_open_camera(
    int32_t index, copencv_capture **capture, char *reason, size_t capacity) {
  return guardedDevice(reason, capacity, [&] {
    auto opened = std::make_unique<copencv_capture>();
    opened->capture = made<cv::VideoCapture, int, int>("_ZN2cv12VideoCaptureC1Eii", index, cv::CAP_V4L2);
    if (!opened->capture->isOpened()) throw Missing{"the camera cannot be opened"};
    *capture = opened.release();
  });
}

void copencv_capture_release(copencv_capture *capture) {
  guarded(nullptr, 0, [&] { delete capture; });
}

copencv_capture_facts copencv_capture_get_facts(const copencv_capture *capture) {
  copencv_capture_facts facts = {};
  guarded(nullptr, 0, [&] {
    auto positive = [&](int property, double most) {
      double value = capture->capture->get(property);
      return std::isfinite(value) && value > 0 && value <= most ? value : 0;
    };
    facts.width = static_cast<int32_t>(positive(cv::CAP_PROP_FRAME_WIDTH, INT32_MAX));
    facts.height = static_cast<int32_t>(positive(cv::CAP_PROP_FRAME_HEIGHT, INT32_MAX));
    facts.framesPerSecond = positive(cv::CAP_PROP_FPS, 1e9);
    facts.frames = static_cast<int64_t>(positive(cv::CAP_PROP_FRAME_COUNT, 1e15));
    if (capture->degrees % 180 == 90) std::swap(facts.width, facts.height);
  });
  return facts;
}

// OpenCV reads no sound, but the FFmpeg under it can be asked. What it passes around stays opaque here.
bool copencv_video_has_sound(const char *path) {
  bool hasSound = false;
  guardedDevice(nullptr, 0, [&] {
    auto open = reinterpret_cast<int (*)(void **, const char *, void *, void *)>(
        videoio().optional("avformat_open_input"));
    auto look = reinterpret_cast<int (*)(void *, void *)>(videoio().optional("avformat_find_stream_info"));
    auto best = reinterpret_cast<int (*)(void *, int, int, int, void *, int)>(
        videoio().optional("av_find_best_stream"));
    auto close = reinterpret_cast<void (*)(void **)>(videoio().optional("avformat_close_input"));
    if (!open || !look || !best || !close) return;
    const int audio = 1;  // AVMEDIA_TYPE_AUDIO
    void *file = nullptr;
    if (open(&file, path, nullptr, nullptr) < 0) return;
    hasSound = look(file, nullptr) >= 0 && best(file, audio, -1, -1, nullptr, 0) >= 0;
    close(&file);
  });
  return hasSound;
}

copencv_status copencv_capture_read(
    copencv_capture *capture, copencv_image **image, double *seconds, char *reason, size_t capacity) {
  *image = nullptr;
  return guarded(reason, capacity, [&] {
    cv::Mat frame;
    if (!capture->capture->read(frame) || frame.empty()) return;
    double milliseconds = capture->capture->get(cv::CAP_PROP_POS_MSEC);
    *seconds = std::isfinite(milliseconds) ? milliseconds / 1000 : -1;
    if (frame.depth() == CV_16U) frame.convertTo(frame, CV_8U, 1.0 / 257);
    if (frame.depth() != CV_8U) throw BadData{"its pixels are not 8 or 16-bit integers"};
    frame = withChannels(frame, 3);
    // The capture keeps the memory of its frame for the next one.
    cv::Mat own;
    switch (capture->degrees) {
      case 90: cv::rotate(frame, own, cv::ROTATE_90_CLOCKWISE); break;
      case 180: cv::rotate(frame, own, cv::ROTATE_180); break;
      case 270: cv::rotate(frame, own, cv::ROTATE_90_COUNTERCLOCKWISE); break;
      default: own = frame.clone();
    }
    frame = own;
    *image = new copencv_image{frame};
  });
}

// MARK: Writing

copencv_status copencv_video_writer_open(
    const char *path, double framesPerSecond, int32_t width, int32_t height, copencv_video_writer **writer,
    char *reason, size_t capacity) {
  return guardedDevice(reason, capacity, [&] {
    auto opened = std::make_unique<copencv_video_writer>();
    opened->size = {width, height};
    const cv::String name(path);
    for (const char *codec : {"avc1", "mp4v"}) {
      int fourcc = codec[0] | codec[1] << 8 | codec[2] << 16 | codec[3] << 24;
      opened->writer = made<cv::VideoWriter, const cv::String &, int, int, double, cv::Size, bool>(
          "_ZN2cv11VideoWriterC1E" STRING "iidNS_5Size_IiEEb", name, cv::CAP_FFMPEG, fourcc, framesPerSecond,
          opened->size, true);
      if (opened->writer->isOpened()) break;
    }
    if (!opened->writer->isOpened()) throw BadData{"the video encoder does not take such frames"};
    *writer = opened.release();
  });
}

copencv_status copencv_video_writer_write(
    copencv_video_writer *writer, const copencv_image *image, char *reason, size_t capacity) {
  return guarded(reason, capacity, [&] {
    // OpenCV leaves out a frame of another size without a word.
    if (image->pixels.size() != writer->size) throw BadData{"a frame of another size than the first"};
    writer->writer->write(withChannels(image->pixels, 3));
  });
}

void copencv_video_writer_release(copencv_video_writer *writer) {
  guarded(nullptr, 0, [&] { delete writer; });
}

// MARK: Windows

namespace {

// Asks libX11, which the toolkit loads anyway, for the display that the toolkit would open.
bool hasDisplay() {
  void *library = dlopen("libX11.so.6", RTLD_LAZY | RTLD_LOCAL);
  if (!library) return false;
  auto open = reinterpret_cast<void *(*)(const char *)>(dlsym(library, "XOpenDisplay"));
  auto close = reinterpret_cast<int (*)(void *)>(dlsym(library, "XCloseDisplay"));
  void *display = open && close ? open(nullptr) : nullptr;
  if (display) close(display);
  return display != nullptr;
}

}  // namespace

bool copencv_has_windows(void) { return highgui().isOpen(); }

copencv_status copencv_window_open(const char *name, int32_t width, int32_t height, char *reason, size_t capacity) {
  return guardedDevice(reason, capacity, [&] {
    if (!hasDisplay()) throw Missing{"there is no X display"};
    // What was found to be there; without a word Qt may prefer one that is not.
    setenv("QT_QPA_PLATFORM", "xcb", 0);
    highgui().find<void(const cv::String &, int)>("_ZN2cv11namedWindowE" STRING "i")(
        name, cv::WINDOW_NORMAL | cv::WINDOW_KEEPRATIO | cv::WINDOW_GUI_NORMAL);
    highgui().find<void(const cv::String &, int, int)>("_ZN2cv12resizeWindowE" STRING "ii")(
        name, width, height);
  });
}

copencv_status copencv_window_show(const char *name, const copencv_image *image, char *reason, size_t capacity) {
  return guardedDevice(reason, capacity, [&] {
    highgui().find<void(const cv::String &, cv::InputArray)>("_ZN2cv6imshowE" STRING "RKNS_11_InputArrayE")(
        name, image->pixels);
  });
}

copencv_status copencv_window_wait(
    const char *name, int32_t milliseconds, int32_t *key, bool *isOpen, char *reason, size_t capacity) {
  return guardedDevice(reason, capacity, [&] {
    int typed = highgui().find<int(int)>("_ZN2cv7waitKeyEi")(std::max(1, milliseconds));
    *key = typed < 0 ? -1 : typed & 0xFF;
    *isOpen = highgui().find<double(const cv::String &, int)>("_ZN2cv17getWindowPropertyE" STRING "i")(
                  name, cv::WND_PROP_VISIBLE) > 0;
  });
}

void copencv_window_close(const char *name) {
  guardedDevice(nullptr, 0, [&] {
    highgui().find<void(const cv::String &)>("_ZN2cv13destroyWindowE" STRING)(name);
  });
}
