import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// Files that are not what their name says. Each is an error with a file's name in it, and nothing
/// is printed.
@Suite struct DamagedImageTests {
  @Test func missingFileAndFolderAreMissingInput() throws {
    try withTemporaryFolder { folder in
      let absent = URL(fileURLWithPath: "absent.jpg", relativeTo: folder)
      #expect(throws: EmojifyError.missingInput("absent.jpg: no such file")) {
        try Image(contentsOf: absent)
      }
      #expect {
        try Image(contentsOf: folder)
      } throws: {
        guard case EmojifyError.missingInput(let message) = $0 else { return false }
        return message.hasSuffix(": is a folder, expected an image file")
      }
    }
  }

  @Test func emptyAndForeignFilesAreBadData() throws {
    #expect(throws: EmojifyError.badData("a.jpg: empty file, expected an image")) {
      try Image(data: Data(), name: "a.jpg")
    }
    #expect(throws: ImageHeader.unknownFormat("a.jpg")) {
      try Image(data: Data("emotion,pixels,Usage\n".utf8), name: "a.jpg")
    }
    try withTemporaryFolder { folder in
      for (content, ending) in [("", "empty file"), ("# a README", "not an image of a format")] {
        let file = folder.appendingPathComponent("a.png")
        try Data(content.utf8).write(to: file)
        for open in [
          { _ = try Image(contentsOf: file) },
          { _ = try ImageDecoder.grayPixels(of: file, side: 48) },
        ] {
          #expect { try open() } throws: {
            guard case EmojifyError.badData(let message) = $0 else { return false }
            return message.contains("a.png: " + ending)
          }
        }
      }
    }
  }

  /// A header may claim any size in a few bytes; memory is only taken for a sensible one.
  @Test func giantImageIsRefusedBeforeDecoding() {
    let giant =
      HandmadePNG.signature + HandmadePNG.header(width: 60_000, height: 50_000, .rgb)
      + HandmadePNG.chunk("IEND", [])
    let message = "giant.png: 60000 x 50000 pixels, expected at most 200.0 megapixels"
    #expect(throws: EmojifyError.badData(message)) { try Image(data: giant, name: "giant.png") }
    let widest =
      HandmadePNG.signature
      + HandmadePNG.header(width: Int(UInt32.max), height: Int(UInt32.max), .rgb)
    #expect(throws: EmojifyError.self) { try Image(data: widest, name: "widest.png") }
  }

  @Test func cutFilesAreBadDataAndSilent() throws {
    let image = try Image(width: 64, height: 64, pixels: ImageTests.ramp(64 * 64 * 3))
    let printed = try capturingStandardError {
      for fileExtension in ["png", "jpg", "webp", "bmp"] {
        let whole = try image.encoded(as: fileExtension)
        for share in [0.05, 0.3, 0.6, 0.9] {
          let cut = whole.prefix(Int(Double(whole.count) * share))
          #expect {
            try Image(data: Data(cut), name: "cut")
          } throws: {
            guard case EmojifyError.badData(let message) = $0 else { return false }
            return message.hasPrefix("cut: ") && !message.contains("\n") && message.count < 120
          }
        }
      }
      // A colour profile with a bad name, of which libpng warns, is no reason to refuse a picture.
      let plain = HandmadePNG.data(width: 1, height: 1, .gray, pixels: [77])
      let odd = plain.prefix(33) + HandmadePNG.chunk("iCCP", [1, 2, 3]) + plain.dropFirst(33)
      #expect(try Image(data: Data(odd), name: "odd.png").pixels == [77, 77, 77])
    }
    for library in ["libpng", "JPEG", "OpenCV", "imdecode", "warning", "WARN"] {
      #expect(!printed.contains(library), "printed: \(printed)")
    }
  }

  /// Some cameras and servers leave the end marker away: nothing of the picture is missing.
  @Test func jpegWithoutItsEndMarkerIsWhole() throws {
    let image = try Image(width: 64, height: 64, pixels: ImageTests.ramp(64 * 64 * 3))
    let whole = try image.encoded(as: "jpg")
    #expect(whole.suffix(2) == Data([0xFF, 0xD9]))
    let open = try Image(data: whole.dropLast(2), name: "open.jpg")
    #expect(open.pixels == (try Image(data: whole, name: "whole.jpg")).pixels)
  }

  /// libjpeg says only the first thing it finds wrong: here two stray bytes, and the missing half comes second.
  @Test func cutJPEGWithAnotherFaultIsBadData() throws {
    let image = try Image(width: 64, height: 64, pixels: ImageTests.ramp(64 * 64 * 3))
    let whole = try image.encoded(as: "jpg")
    let scan = try #require(whole.range(of: Data([0xFF, 0xDA])))
    let odd = whole[..<scan.lowerBound] + [7, 7] + whole[scan.lowerBound...]
    #expect(try Image(data: Data(odd), name: "odd.jpg").pixels.count == 64 * 64 * 3)
    // Whatever is appended to a whole picture, as some phones do, is no part of it.
    #expect(try Image(data: odd + [1, 2, 3], name: "odd.jpg").pixels.count == 64 * 64 * 3)
    let half = odd.prefix((odd.count + scan.upperBound) / 2)
    #expect(throws: EmojifyError.badData("odd.jpg: cannot be decoded as JPEG: the data ends early"))
    {
      try Image(data: Data(half), name: "odd.jpg")
    }
  }

  /// Each scan of a progressive JPEG goes over the whole picture, in a few bytes of the file.
  @Test func aJPEGOfThousandsOfScansIsRefused() throws {
    let image = try Image(width: 16, height: 16, pixels: ImageTests.ramp(16 * 16 * 3))
    let whole = try image.encoded(as: "jpg")
    let scan: [UInt8] = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]
    let bomb = whole.dropLast(2) + Data((0..<5000).flatMap { _ in scan }) + [0xFF, 0xD9]
    #expect(
      throws: EmojifyError.badData("bomb.jpg: cannot be decoded as JPEG: more than 500 scans")
    ) {
      try Image(data: Data(bomb), name: "bomb.jpg")
    }
  }

  @Test func headersOfOtherFormats() throws {
    func header(_ bytes: [UInt8]) throws -> ImageHeader {
      try bytes.withUnsafeBytes { try ImageHeader($0, name: "x") }
    }
    let pnm = try header(Array("P5 # gray\n# two\n 12\t34 255\n".utf8))
    #expect((pnm.format, pnm.width, pnm.height) == (.pnm, 12, 34))
    // Little-endian: one directory at 8 with a short width and a long height.
    let tiff = try header(
      [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 2, 0]
        + [0, 1, 3, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0]
        + [1, 1, 4, 0, 1, 0, 0, 0, 0x78, 0x56, 0, 0])
    #expect((tiff.format, tiff.width, tiff.height) == (.tiff, 0x1234, 0x5678))
    // libtiff takes the first of two widths.
    let twice = try header(
      [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 3, 0]
        + [0, 1, 3, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0] + [0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0]
        + [1, 1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0])
    #expect((twice.width, twice.height) == (0x1234, 2))
    #expect(throws: EmojifyError.self) { try header(Array("P5 99999999999999999999 1".utf8)) }
    #expect(throws: EmojifyError.self) { try header([0x4D, 0x4D, 0, 0x2A, 255, 255, 255, 255]) }
    #expect(throws: EmojifyError.self) { try header([0xFF, 0xD8, 0xFF, 0xC0, 0, 0]) }
    #expect(throws: EmojifyError.self) { try header([0xFF, 0xD8, 0xFF, 0xFE, 0, 0]) }
  }

  /// Any bytes give an image or an error.
  @Test func damagedBytesNeverTrap() throws {
    let image = try Image(width: 16, height: 12, pixels: ImageTests.ramp(16 * 12 * 3))
    var random = SeededRandom(seed: 7)
    for fileExtension in ["png", "jpg", "webp", "bmp"] {
      let whole = try image.encoded(as: fileExtension)
      for _ in 0..<200 {
        var bytes = whole
        for _ in 0..<3 {
          let place = Int.random(in: 0..<min(bytes.count, 96), using: &random)
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
        do {
          _ = try Image(data: bytes, name: "damaged", pixelLimit: 1_000_000)
        } catch is EmojifyError {}
      }
    }
  }

  /// What `body` and the C libraries under it print to the process's standard error.
  private func capturingStandardError(_ body: () throws -> Void) throws -> String {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("stderr")
      let saved = dup(STDERR_FILENO)
      let target = open(file.path, O_WRONLY | O_CREAT, 0o600)
      dup2(target, STDERR_FILENO)
      close(target)
      defer {
        dup2(saved, STDERR_FILENO)
        close(saved)
      }
      try body()
      return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }
  }
}
