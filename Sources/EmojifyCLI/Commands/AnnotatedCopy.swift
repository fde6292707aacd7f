import FERCore
import Foundation

/// A copy of an image that shows what the network says, still to be drawn and written.
struct AnnotatedCopy {
  let source: ImageSource
  let result: PredictedImage
  let target: URL

  /// Covers the faces with `emojis`, or frames and labels them where there are none. Returns the target.
  func write(_ emojis: EmojiSet?) throws -> URL {
    let image = try Image(data: source.bytes(), name: source.name)
    let faces = result.faces.map {
      LabelledFace(box: $0.box, emotion: $0.best.emotion, score: $0.best.score)
    }
    let copy =
      try emojis.map { try EmojiOverlay.emojis(on: image, faces: faces, from: $0) }
      ?? EmojiOverlay.labels(on: image, faces: faces)
    try copy.write(to: target)
    return target
  }
}
