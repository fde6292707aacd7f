import COpenCV
import FERCore

/// Runs one call into the shim and throws what it reports, with `subject` (a file, usually) named
/// in front: `.badData` where the data is at fault, `.internalFault` where OpenCV or the memory is.
func openCV(
  _ subject: String,
  _ call: (_ reason: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> copencv_status
) throws {
  try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
    reason.initialize(repeating: 0)
    let status = call(reason.baseAddress, reason.count)
    guard status != COPENCV_OK else { return }
    let message = "\(subject): \(String(cString: Array(reason)))"
    throw status == COPENCV_BAD_DATA
      ? EmojifyError.badData(message) : EmojifyError.internalFault(message)
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
