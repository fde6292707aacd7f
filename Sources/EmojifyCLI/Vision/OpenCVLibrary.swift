import COpenCV
import Foundation

/// The OpenCV this process runs with.
enum OpenCVLibrary {
  /// Such as `4.6.0`.
  static var version: String { String(cString: copencv_version()) }

  /// Sets how many threads one call of a detector may use. Of more than there are cores OpenCV's library of threads
  /// complains on stderr.
  static func useThreads(_ count: Int) {
    copencv_set_threads(Int32(clamping: min(count, ProcessInfo.processInfo.activeProcessorCount)))
  }
}
