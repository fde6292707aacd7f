import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct ImageTests {
  /// A picture in which every value is its place's own.
  static func ramp(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 * 37 % 251) } }

  @Test func grayFileOfTheRightSizeKeepsItsValues() throws {
    let values = Self.ramp(48 * 48)
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("face.png")
      try HandmadePNG.data(width: 48, height: 48, .gray, pixels: values).write(to: file)
      #expect(try ImageDecoder.grayPixels(of: file, side: 48) == values)
    }
  }

  @Test func grayAveragesWhenItShrinks() throws {
    let values: [UInt8] = [10, 20, 100, 100, 30, 40, 100, 100, 0, 0, 7, 9, 0, 0, 11, 13]
    let image = try Image(
      data: HandmadePNG.data(width: 4, height: 4, .gray, pixels: values), name: "four.png")
    #expect(try image.grayPixels(side: 2) == [25, 100, 0, 10])
  }

  @Test func colourKeepsItsValuesThroughAPNG() throws {
    let image = try Image(width: 7, height: 5, pixels: Self.ramp(7 * 5 * 3))
    let again = try Image(data: try image.encoded(as: "png"), name: "again.png")
    #expect((again.width, again.height) == (7, 5))
    #expect(again.pixels == image.pixels)

    // The file is RGB, memory BGR.
    let red = HandmadePNG.data(width: 1, height: 1, .rgb, pixels: [200, 20, 2])
    #expect(try Image(data: red, name: "red.png").pixels == [2, 20, 200])
  }

  @Test func writesWhatTheExtensionNames() throws {
    let image = try Image(width: 20, height: 10, pixels: Self.ramp(600))
    try withTemporaryFolder { folder in
      let formats: [(String, ImageHeader.Format)] = [
        ("png", .png), ("jpg", .jpeg), ("JPEG", .jpeg), ("webp", .webP), ("bmp", .bmp),
      ]
      for (fileExtension, format) in formats {
        let file = folder.appendingPathComponent("picture.\(fileExtension)")
        try image.write(to: file)
        let header = try Data(contentsOf: file).withUnsafeBytes {
          try ImageHeader($0, name: "picture")
        }
        #expect(header.format == format)
        #expect((header.width, header.height) == (20, 10))
        #expect(try Image(contentsOf: file).width == 20)
      }
      let wrong = folder.appendingPathComponent("picture.docx")
      #expect(throws: EmojifyError.self) { try image.write(to: wrong) }
      #expect(!FileManager.default.fileExists(atPath: wrong.path))
    }
  }

  /// Where the quarters of the stored picture (0 1 above 2 3) are seen, by EXIF orientation: EXIF
  /// 2.3, tag 0x0112.
  @Test(arguments: [
    (1, [0, 1, 2, 3]), (2, [1, 0, 3, 2]), (3, [3, 2, 1, 0]), (4, [2, 3, 0, 1]),
    (5, [0, 2, 1, 3]), (6, [2, 0, 3, 1]), (7, [3, 1, 2, 0]), (8, [1, 3, 0, 2]),
  ])
  func turnsAsEXIFSays(orientation: Int, quarters: [Int]) throws {
    let grays: [UInt8] = [20, 90, 160, 230]
    let pixels = (0..<48).flatMap { y in
      (0..<64).flatMap { x in [UInt8](repeating: grays[y / 24 * 2 + x / 32], count: 3) }
    }
    let plain = try Image(width: 64, height: 48, pixels: pixels).encoded(as: "jpg", quality: 100)
    let exif: [UInt8] =
      [0xFF, 0xE1, 0, 34] + Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1]
      + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation), 0, 0, 0, 0, 0, 0]
    let turned = plain.prefix(2) + exif + plain.dropFirst(2)

    let image = try Image(data: Data(turned), name: "turned.jpg")
    let (width, height) = orientation < 5 ? (64, 48) : (48, 64)
    #expect((image.width, image.height) == (width, height))
    let seen = (0..<4).map { quarter in
      let (x, y) = (quarter % 2 * width / 2 + width / 4, quarter / 2 * height / 2 + height / 4)
      return image.pixels[(y * width + x) * 3]
    }
    for (value, quarter) in zip(seen, quarters) {
      #expect(abs(Int(value) - Int(grays[quarter])) <= 2)
    }
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("turned.jpg")
      try Data(turned).write(to: file)
      let gray = try ImageDecoder.grayPixels(of: file, side: 2)
      #expect(zip(gray, quarters).allSatisfy { abs(Int($0) - Int(grays[$1])) <= 2 })
    }
  }

  @Test func regionBeyondTheBorderRepeatsIt() throws {
    let values: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    let image = try Image(width: 3, height: 3, pixels: values.flatMap { [$0, $0, $0] })
    let region = FaceBox(x: 1, y: 1, width: 4, height: 4)
    #expect(
      try image.grayPixels(region: region, width: 4, height: 4)
        == [5, 6, 6, 6, 8, 9, 9, 9, 8, 9, 9, 9, 8, 9, 9, 9])
    #expect(
      try image.grayPixels(
        region: FaceBox(x: -1, y: -1, width: 2, height: 2), width: 2, height: 2) == [1, 1, 1, 1])
    #expect(throws: EmojifyError.self) {
      try image.grayPixels(
        region: FaceBox(x: 3, y: 0, width: 2, height: 2), width: 2, height: 2)
    }
  }
}
