import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// Files as users hand them over by mistake, made once.
enum BadInputs {
  static let folder: Result<URL, any Error> = Result {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("emojify-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try tables(folder)
    try images(folder)
    try models(folder)
    try folders(folder)
    return folder
  }

  private static let header = "emotion,pixels,Usage\n"

  private static func pixels(_ first: String, count: Int = 2304) -> String {
    ([first] + (1..<count).map { String(($0 * 37) % 256) }).joined(separator: " ")
  }

  private static func row(_ label: Int, _ usage: String = "Training", first: String = "7") -> String
  {
    "\(label),\(pixels(first)),\(usage)\n"
  }

  private static let good = (0..<14).map { row($0 % 7) } + (0..<7).map { row($0, "PublicTest") }

  private static func tables(_ folder: URL) throws {
    func write(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    func inserted(_ row: String) -> String {
      header + (good.prefix(3) + [row] + good.dropFirst(3)).joined()
    }
    try write("good.csv", header + good.joined())
    try write("empty.csv", "")
    try write("header.csv", header)
    try write("short.csv", inserted("1,\(pixels("7", count: 2303)),Training\n"))
    try write("pixel256.csv", inserted(row(1, first: "256")))
    try write("negative.csv", inserted(row(1, first: "-1")))
    try write("letters.csv", inserted(row(1, first: "abc")))
    try write("label7.csv", inserted(row(7)))
    try write("truncated.csv", String((header + good.joined()).dropLast(3000)))
    try write("nul.csv", inserted(row(1, first: "\0")))
    try write("one.csv", header + row(3))
    try write("oneclass.csv", header + String(repeating: row(3), count: 9) + row(3, "PublicTest"))
    try write("noclass.csv", header + good.filter { !$0.hasPrefix("6") }.joined())
    // Two gigabytes that take no room on the disk.
    try write("line.csv", header + "0,12 ")
    let line = try FileHandle(forWritingTo: folder.appendingPathComponent("line.csv"))
    try line.truncate(atOffset: 2 << 30)
    try line.close()
  }

  private static func images(_ folder: URL) throws {
    let size = 64
    let bytes = (0..<size * size * 3).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let picture = try Image(width: size, height: size, pixels: bytes)
    let jpeg = try picture.encoded(as: "jpg")
    try jpeg.write(to: folder.appendingPathComponent("photo.jpg"))
    try jpeg.write(to: folder.appendingPathComponent("jpeg.csv"))
    try Data().write(to: folder.appendingPathComponent("empty.jpg"))
    try jpeg.prefix(jpeg.count / 2).write(to: folder.appendingPathComponent("truncated.jpg"))
    try picture.encoded(as: "webp").write(to: folder.appendingPathComponent("webp.jpg"))
    let huge = HandmadePNG.signature + HandmadePNG.header(width: 20_000, height: 20_000, .gray)
    try huge.write(to: folder.appendingPathComponent("huge.png"))
    try Data("GIF89a\u{1}\0\u{1}\0\0\0\0;".utf8).write(to: folder.appendingPathComponent("a.gif"))
  }

  private static func models(_ folder: URL) throws {
    let model = try Data(contentsOf: Binary.root.appendingPathComponent("models/best.h5"))
    try model.write(to: folder.appendingPathComponent("model.h5"))
    try model.prefix(model.count / 2).write(to: folder.appendingPathComponent("truncated.h5"))
    let (network, metadata) = try KerasFormat.read(folder.appendingPathComponent("model.h5"))
    try #require(network.parameters.last).value.base[0] = .nan
    try KerasFormat.write(network, metadata: metadata, to: folder.appendingPathComponent("nan.h5"))
    try Data("These are words.\n".utf8).write(to: folder.appendingPathComponent("text.h5"))
    try FileManager.default.copyItem(
      at: Binary.root.appendingPathComponent("Tests/FERCoreTests/Fixtures/kinds.h5"),
      to: folder.appendingPathComponent("other.h5"))
  }

  private static func folders(_ folder: URL) throws {
    for name in ["nothing", "stray/happy", "stray/sad", "stray/whatever"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    for name in ["stray/notes.txt", "stray/happy/Thumbs.db", "stray/whatever/a.txt"] {
      try Data("stray".utf8).write(to: folder.appendingPathComponent(name))
    }
    for number in 0..<6 {
      for name in ["happy", "sad"] {
        let gray = (0..<48 * 48).map { UInt8(truncatingIfNeeded: $0 &* (number + 3)) }
        let png = HandmadePNG.data(width: 48, height: 48, .gray, pixels: gray)
        try png.write(to: folder.appendingPathComponent("stray/\(name)/\(number).png"))
      }
    }
  }
}
