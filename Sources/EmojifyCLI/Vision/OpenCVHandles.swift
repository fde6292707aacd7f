import COpenCV
import FERCore

/// Runs one call into the shim and throws what it reports, with `subject` (a file, usually) named
/// in front: `.badData` where the data is at fault, `.missingInput` where a device is not there, `.internalFault` where
/// OpenCV or the memory is at fault.
func openCV(
  _ subject: String,
  _ call: (_ reason: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> copencv_status
) throws {
  try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
    reason.initialize(repeating: 0)
    let status = call(reason.baseAddress, reason.count)
    guard status != COPENCV_OK else { return }
    let message = "\(subject): \(String(cString: Array(reason)))"
    switch status {
    case COPENCV_BAD_DATA: throw EmojifyError.badData(message)
    case COPENCV_MISSING: throw EmojifyError.missingInput(message)
    default: throw EmojifyError.internalFault(message)
    }
  }
}

/// Owns an OpenCV image. `@unchecked Sendable`: reading it is safe from any thread, and only
/// `Canvas`, its sole owner then, writes to it.
struct ImageHandle: ~Copyable, @unchecked Sendable {
  let pointer: OpaquePointer

  /// `make` calls the shim function that hands over a new image.
  init(
    _ subject: String,
    make: (UnsafeMutablePointer<OpaquePointer?>, UnsafeMutablePointer<CChar>?, Int) ->
      copencv_status
  ) throws {
    var made: OpaquePointer?
    try openCV(subject) { reason, capacity in make(&made, reason, capacity) }
    guard let made else { throw EmojifyError.internalFault("\(subject): OpenCV made no image") }
    pointer = made
  }

  /// Takes over an image the shim has handed out.
  init(owning pointer: OpaquePointer) { self.pointer = pointer }

  deinit { copencv_image_release(pointer) }
}

/// Owns an OpenCV cascade. Detecting changes it, so it belongs to one thread at a time.
struct CascadeHandle: ~Copyable {
  let pointer: OpaquePointer

  init(path: String) throws {
    var made: OpaquePointer?
    try openCV(path) { reason, capacity in copencv_cascade_load(path, &made, reason, capacity) }
    guard let made else { throw EmojifyError.internalFault("\(path): OpenCV made no cascade") }
    pointer = made
  }

  deinit { copencv_cascade_release(pointer) }
}

/// Owns an open video file or camera, for one thread at a time.
struct CaptureHandle: ~Copyable {
  let pointer: OpaquePointer

  init(file: String, name: String) throws {
    var made: OpaquePointer?
    try openCV(name) { copencv_capture_open_file(file, &made, $0, $1) }
    guard let made else { throw EmojifyError.internalFault("\(name): OpenCV made no reader") }
    pointer = made
  }

  init(camera: Int, name: String) throws {
    var made: OpaquePointer?
    try openCV(name) { copencv_capture_open_camera(Int32(clamping: camera), &made, $0, $1) }
    guard let made else { throw EmojifyError.internalFault("\(name): OpenCV made no reader") }
    pointer = made
  }

  deinit { copencv_capture_release(pointer) }
}

/// Owns a video file being written, for one thread at a time; its end makes the file whole.
struct VideoWriterHandle: ~Copyable {
  let pointer: OpaquePointer

  init(file: String, name: String, framesPerSecond: Double, width: Int, height: Int) throws {
    var made: OpaquePointer?
    try openCV(name) {
      copencv_video_writer_open(
        file, framesPerSecond, Int32(clamping: width), Int32(clamping: height), &made, $0, $1)
    }
    guard let made else { throw EmojifyError.internalFault("\(name): OpenCV made no writer") }
    pointer = made
  }

  deinit { copencv_video_writer_release(pointer) }
}
