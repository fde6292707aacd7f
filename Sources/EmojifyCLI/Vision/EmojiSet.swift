import COpenCV
import FERCore
import Foundation

/// Pictures with alpha, one for each of the seven emotions, and for contempt where there is one.
final class EmojiSet: Sendable {
  /// A class because a `~Copyable` handle cannot live in a dictionary.
  private final class Picture: Sendable {
    let handle: ImageHandle
    let side: Int
    init(_ handle: consuming ImageHandle) {
      side = Int(max(copencv_image_width(handle.pointer), copencv_image_height(handle.pointer)))
      self.handle = handle
    }
  }

  /// Each in its own size, then a half, a quarter … of it: a video draws many, and scaling down from the whole picture
  /// takes most of the time.
  private let pictures: [FaceClass: [Picture]]
  private static let smallest = 48
  /// Where they were loaded from.
  let folder: URL

  /// Loads `angry.png`, `disgust.png` … from `folder`, and `contempt.png` if it is there.
  ///
  /// Throws `EmojifyError.missingInput` where the folder or a picture is not there, `.badData`
  /// where one is damaged.
  init(folder: URL) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder),
      isFolder.boolValue
    else { throw EmojifyError.missingInput("\(folder.relativePath): no such folder of emoji") }
    self.folder = folder
    var pictures: [FaceClass: [Picture]] = [:]
    for emotion in FaceClass.drawn {
      let file = Self.file(emotion, in: folder)
      guard FileManager.default.fileExists(atPath: file.path) else {
        // Sets of seven, without contempt, are older than those of eight.
        if emotion == .contempt { continue }
        let names = Emotion.allCases.map(\.name).joined(separator: ", ")
        throw EmojifyError.missingInput(
          "\(folder.relativePath): no \(emotion.name).png; expected a PNG for each of \(names)")
      }
      let whole = Picture(
        try ImageDecoder.decode(
          try ImageDecoder.bytes(of: file), name: file.relativePath, channels: 4,
          pixelLimit: Image.pixelLimit))
      pictures[emotion] = try Self.halves(of: whole)
    }
    self.pictures = pictures
  }

  private static func halves(of whole: Picture) throws -> [Picture] {
    var list = [whole]
    while let last = list.last, last.side / 2 >= smallest {
      let width = copencv_image_width(last.handle.pointer) / 2
      let height = copencv_image_height(last.handle.pointer) / 2
      guard width > 0, height > 0 else { break }
      list.append(
        Picture(
          try ImageHandle("emoji") {
            copencv_image_shrink_overlay(last.handle.pointer, width, height, $0, $1, $2)
          }))
    }
    return list
  }

  func has(_ emotion: FaceClass) -> Bool { pictures[emotion] != nil }

  /// Where its picture is, if the set has one.
  func file(_ emotion: FaceClass) -> URL { Self.file(emotion, in: folder) }

  private static func file(_ emotion: FaceClass, in folder: URL) -> URL {
    folder.appendingPathComponent("\(emotion.name).png")
  }

  /// Lays the emotion's picture, scaled to the box, over the canvas. Nothing where there is none.
  func draw(_ emotion: FaceClass, in box: FaceBox, on canvas: inout Canvas) throws {
    // The smallest that need not be enlarged.
    let side = max(box.width, box.height)
    let sizes = pictures[emotion] ?? []
    guard let picture = sizes.last(where: { $0.side >= side }) ?? sizes.first else {
      return
    }
    try canvas.overlay(picture.handle, in: box)
  }
}
