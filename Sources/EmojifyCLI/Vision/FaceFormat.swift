import FERCore

/// The form in which a network takes a face: bytes, `[height, width]` for gray, else `[height, width, 3]`.
struct FaceFormat: Sendable, Equatable {
  let width: Int
  let height: Int
  var color = ColorOrder.gray

  /// `48 x 48 gray`.
  var text: String { "\(width) x \(height) \(color.rawValue)" }
  var channels: Int { color == .gray ? 1 : 3 }
  /// The bytes of a face.
  var count: Int { width * height * channels }
}
