import COpenCV
import FERCore
import Foundation

/// One picture of a video.
struct VideoFrame: Sendable {
  let image: Image
  /// From the video's beginning.
  let seconds: Double
  /// Counted from 0.
  let index: Int
}

/// Reads the frames of a video file or camera, one after the other. One caller at a time; memory does not grow with
/// the video's length.
///
/// `@unchecked Sendable`: it may move between threads, which take turns.
final class VideoReader: @unchecked Sendable {
  /// What errors call it.
  let name: String
  let isCamera: Bool
  /// Nominal; a file that does not say, or says nonsense, is taken at 25.
  let framesPerSecond: Double
  /// What the file says, often an estimate; nil for a camera and where it says nothing.
  let frameCount: Int?

  /// Beyond that FFmpeg gives the clock's ticks for want of a rate: 1000 for what browsers record.
  private static let highestRate = 480.0
  /// A frame that claims to be shown longer, in seconds, has no time that can be believed.
  private static let longestFrame = 60.0

  private let handle: CaptureHandle
  private var size: (width: Int, height: Int)?
  private var count = 0
  private var lastSeconds = -Double.infinity
  private let start = ProcessInfo.processInfo.systemUptime

  /// Opens a video file. It is not said whether it holds a single frame: `next` says that.
  ///
  /// Throws `EmojifyError.missingInput` where it is not there or cannot be read, `.badData` where it is empty, an image,
  /// no video, or has frames of more than `Image.pixelLimit` pixels.
  convenience init(file: URL) throws {
    let name = file.relativePath
    try Self.checkIsVideo(file)
    try self.init(CaptureHandle(file: file.path, name: name), name: name, isCamera: false)
  }

  /// Opens a camera, by number.
  ///
  /// Throws `EmojifyError.missingInput` where there is none or it is taken.
  convenience init(camera index: Int) throws {
    let path = "/dev/video\(index)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw EmojifyError.missingInput("camera \(index): there is no such camera (no \(path))")
    }
    try self.init(CaptureHandle(camera: index, name: path), name: path, isCamera: true)
  }

  /// Opens what a user calls a device: a number, `/dev/video2`, or a video file in a camera's place.
  convenience init(device: String) throws {
    let number = device.hasPrefix("/dev/video") ? String(device.dropFirst(10)) : device
    if let index = Int(number), index >= 0 {
      try self.init(camera: index)
    } else {
      try self.init(file: URL(fileURLWithPath: device))
    }
  }

  private init(_ handle: consuming CaptureHandle, name: String, isCamera: Bool) throws {
    let facts = copencv_capture_get_facts(handle.pointer)
    let pixels = Int(facts.width) * Int(facts.height)
    guard pixels <= Image.pixelLimit else {
      throw EmojifyError.badData(
        "\(name): frames of \(facts.width) x \(facts.height) pixels, expected at most "
          + "\(Image.pixelLimit / 1_000_000) megapixels")
    }
    self.handle = handle
    self.name = name
    self.isCamera = isCamera
    let stated = facts.framesPerSecond
    framesPerSecond = 0 < stated && stated <= Self.highestRate ? stated : 25
    frameCount = !isCamera && facts.frames > 0 ? Int(facts.frames) : nil
  }

  /// The next frame; nil at the end. All frames have the first one's size.
  ///
  /// Throws `EmojifyError.badData` where the first frame cannot be decoded.
  func next() throws -> VideoFrame? {
    var made: OpaquePointer?
    var stated = -1.0
    try openCV(name) { copencv_capture_read(handle.pointer, &made, &stated, $0, $1) }
    guard let made else {
      guard count > 0 else {
        throw isCamera
          ? EmojifyError.missingInput("\(name): the camera gives no picture")
          : EmojifyError.badData("\(name): has no frame that can be decoded")
      }
      return nil
    }
    var image = Image(ImageHandle(owning: made))
    if let size, (image.width, image.height) != size {
      image = try image.resized(width: size.width, height: size.height)
    }
    size = (image.width, image.height)
    defer { count += 1 }
    return VideoFrame(image: image, seconds: time(stated), index: count)
  }

  /// Whether a video file has sound. It is not read; false also where FFmpeg cannot tell.
  static func hasSound(_ file: URL) -> Bool { copencv_video_has_sound(file.path) }

  /// What the file or the clock says, as long as it goes forward, and not by leaps.
  private func time(_ stated: Double) -> Double {
    let counted = Double(count) / framesPerSecond
    var seconds = isCamera ? ProcessInfo.processInfo.systemUptime - start : count == 0 ? 0 : stated
    if seconds <= lastSeconds { seconds = max(counted, lastSeconds + 1e-3) }
    if count > 0, !isCamera, seconds > lastSeconds + Self.longestFrame {
      seconds = lastSeconds + 1 / framesPerSecond
    }
    lastSeconds = seconds
    return seconds
  }

  /// What FFmpeg would say less clearly, or would not mind: a photo is a video of one frame to it.
  private static func checkIsVideo(_ file: URL) throws {
    let name = file.relativePath
    // A pipe is refused too: what is read of it here FFmpeg would not get.
    if let complaint = ForeignFile.unreadable(file, expected: "a video file") {
      throw EmojifyError.missingInput("\(name): \(complaint)")
    }
    guard let reading = try? FileHandle(forReadingFrom: file) else {
      throw EmojifyError.missingInput("\(name): cannot be read")
    }
    defer { try? reading.close() }
    guard let head = try? reading.read(upToCount: 16), !head.isEmpty else {
      throw EmojifyError.badData("\(name): is empty, expected a video")
    }
    // Motion JPEG is JPEG files in a row.
    let isSeries = ["mjpg", "mjpeg"].contains(file.pathExtension.lowercased())
    if !isSeries, let format = head.withUnsafeBytes(ImageHeader.format(of:)) {
      throw EmojifyError.badData(
        "\(name): is an image (\(format.rawValue)), expected a video; 'emojify predict' labels images"
      )
    }
  }
}
