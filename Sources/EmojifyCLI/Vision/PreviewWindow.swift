import COpenCV
import FERCore

/// A window that shows pictures and hears keys: OpenCV's. All calls from the thread that opened it.
struct PreviewWindow: ~Copyable {
  /// What happened while the window was given time.
  enum Event: Equatable { case key(Character), closed, nothing }

  /// OpenCV's library for windows is installed; whether there is a display is another thing.
  static var isAvailable: Bool { copencv_has_windows() }

  private let title: String

  /// Throws `EmojifyError.missingInput` where there is no display.
  init(_ title: String, width: Int, height: Int) throws {
    try openCV("window") { copencv_window_open(title, Int32(width), Int32(height), $0, $1) }
    self.title = title
  }

  deinit { copencv_window_close(title) }

  func show(_ image: Image) throws {
    try openCV("window") { copencv_window_show(title, image.handle.pointer, $0, $1) }
  }

  /// Waits for a key for at most `milliseconds`, at least one.
  func wait(milliseconds: Int) throws -> Event {
    var key: Int32 = -1
    var isOpen = false
    try openCV("window") {
      copencv_window_wait(title, Int32(clamping: milliseconds), &key, &isOpen, $0, $1)
    }
    if key >= 0, let scalar = UnicodeScalar(UInt32(key)) { return .key(Character(scalar)) }
    return isOpen ? .nothing : .closed
  }
}
