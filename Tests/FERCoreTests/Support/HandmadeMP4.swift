import FERCore
import Foundation

@testable import EmojifyCLI

/// QuickTime files of JPEG frames (ISO 14496-12; Apple's QuickTime File Format for the sample's description), which say what
/// OpenCV's writer never says: how long each frame is shown, and how frames are to be turned.
enum HandmadeMP4 {
  /// - Parameters:
  ///   - milliseconds: how long each frame is shown.
  ///   - matrix: a, b, c and d of the track's matrix (8.3.2.3).
  static func data(
    _ frames: [Image], milliseconds: [Int], matrix: [Int32] = [1, 0, 0, 1]
  ) throws -> Data {
    let samples = try frames.map { try $0.encoded(as: "jpg", quality: 95) }
    let duration = UInt32(milliseconds.reduce(0, +))
    let (width, height) = (UInt32(frames[0].width), UInt32(frames[0].height))
    let type = box("ftyp", Data("qt  ".utf8), words(0x200), Data("qt  ".utf8))
    let media = box("mdat", samples.reduce(Data(), +))

    let clock = words(0, 0, 0, 1000, duration)
    let description =
      words(0, 1) + words(86) + Data("jpeg".utf8) + words(0, 1, 0, 0, 0, 0)
      + words(width << 16 | height, 72 << 16, 72 << 16, 0) + Data([0, 1]) + Data(count: 32)
      + Data([0, 24, 255, 255])
    let count = UInt32(samples.count)
    let table = box(
      "stbl", box("stsd", description),
      box("stts", words(0, count), words(milliseconds.flatMap { [1, UInt32($0)] })),
      box("stsc", words(0, 1, 1, count, 1)),
      box("stsz", words(0, 0, count), words(samples.map { UInt32($0.count) })),
      box("stco", words(0, 1, UInt32(type.count + 8))))
    let data = box("dinf", box("dref", words(0, 1), box("url ", words(1))))
    let information = box("minf", box("vmhd", words(1, 0, 0)), data, table)
    let handler = box("hdlr", words(0, 0), Data("vide".utf8), words(0, 0, 0), Data([0]))
    let track = box(
      "trak",
      box(
        "tkhd", words(7, 0, 0, 1, 0, duration, 0, 0, 0, 0), places(matrix),
        words(width << 16, height << 16)),
      box("mdia", box("mdhd", clock, words(0x55C4_0000)), handler, information))
    let head = box(
      "mvhd", clock, words(1 << 16, 1 << 24, 0, 0), places([1, 0, 0, 1]), Data(count: 24), words(2))
    return type + media + box("moov", head, track)
  }

  private static func box(_ name: String, _ content: Data...) -> Data {
    let content = content.reduce(Data(), +)
    return words(UInt32(content.count + 8)) + Data(name.utf8) + content
  }

  /// Big-endian.
  private static func words(_ numbers: UInt32...) -> Data { words(numbers) }
  private static func words(_ numbers: [UInt32]) -> Data {
    numbers.reduce(into: Data()) { data, number in
      withUnsafeBytes(of: number.bigEndian) { data.append(contentsOf: $0) }
    }
  }

  private static func places(_ matrix: [Int32]) -> Data {
    let fixed = matrix.map { UInt32(bitPattern: $0 << 16) }
    return words([fixed[0], fixed[1], 0, fixed[2], fixed[3], 0, 0, 0, 1 << 30])
  }
}
