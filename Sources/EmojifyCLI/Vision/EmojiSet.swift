import FERCore
import Foundation

/// Seven pictures with alpha, one per emotion.
final class EmojiSet: Sendable {
  /// A class because a `~Copyable` handle cannot live in a dictionary.
  private final class Picture: Sendable {
    let handle: ImageHandle
    init(_ handle: consuming ImageHandle) { self.handle = handle }
  }

  private let pictures: [Emotion: Picture]

  /// Loads `angry.png`, `disgust.png` … from `folder`.
  ///
  /// Throws `EmojifyError.missingInput` where the folder or a picture is not there, `.badData`
  /// where one is damaged.
  init(folder: URL) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder),
      isFolder.boolValue
    else { throw EmojifyError.missingInput("\(folder.relativePath): no such folder of emoji") }
    var pictures: [Emotion: Picture] = [:]
    for emotion in Emotion.allCases {
      let file = folder.appendingPathComponent("\(emotion.name).png")
      guard FileManager.default.fileExists(atPath: file.path) else {
        let names = Emotion.allCases.map(\.name).joined(separator: ", ")
        throw EmojifyError.missingInput(
          "\(folder.relativePath): no \(emotion.name).png; expected a PNG for each of \(names)")
      }
      pictures[emotion] = Picture(
        try ImageDecoder.decode(
          try ImageDecoder.bytes(of: file), name: file.relativePath, channels: 4,
          pixelLimit: Image.pixelLimit))
    }
    self.pictures = pictures
  }

  /// Lays the emotion's picture, scaled to the box, over the canvas.
  func draw(_ emotion: Emotion, in box: FaceBox, on canvas: inout Canvas) throws {
    guard let picture = pictures[emotion] else {
      preconditionFailure("no picture for \(emotion)")  // init loads every case
    }
    try canvas.overlay(picture.handle, in: box)
  }
}
