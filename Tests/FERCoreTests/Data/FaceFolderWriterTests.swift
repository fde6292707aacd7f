import Foundation
import Testing

@testable import EmojifyCLI
@testable import FERCore

/// Folders of images: what is written, and that it is all or nothing.
@Suite struct FaceFolderWriterTests {
  private static let decoder: FaceDecoder = { try ImageDecoder.grayPixels(of: $0, side: 48) }

  /// 30 noisy faces, splits and classes in no order, one class without an image.
  static var faces: FaceDataset {
    var random = SeededRandom(seed: 4)
    return FaceDataset(
      pixels: (0..<30 * 48 * 48).map { _ in UInt8(random.integer(below: 256)) },
      labels: (0..<30).map { _ in UInt8([0, 2, 3, 4, 5, 6][random.integer(below: 6)]) },
      splits: (0..<30).map { _ in FaceDataset.Split.allCases[random.integer(below: 3)] })
  }

  @Test func imagesAreGrayFilesOfTheirValues() throws {
    let pixels = (0..<48 * 48).map { UInt8($0 % 256) }
    let data = try GrayImage.png(pixels, side: 48)
    // IHDR: 48 x 48, 8 bits, colour type 0 (gray).
    #expect(Array(data[16..<26]) == [0, 0, 0, 48, 0, 0, 0, 48, 8, 0])
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("face.png")
      try data.write(to: file)
      #expect(try Self.decoder(file) == pixels)
    }
  }

  @Test func nothingIsOverwrittenAndNothingHalfWrittenStays() throws {
    struct Full: Error {}
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("faces")
      #expect(throws: Full.self) {
        try FaceFolderWriter.write(Self.faces, to: target, encoder: GrayImage.png) { _ in
          throw Full()
        }
      }
      #expect(throws: Full.self) {
        try FaceFolderWriter.write(Self.faces, to: target) { _, _ in throw Full() }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
      try FaceFolderWriter.write(Self.faces, to: target, encoder: GrayImage.png)
      #expect(throws: EmojifyError.usage("\(target.path): is there already; it stays as it is")) {
        try FaceFolderWriter.write(Self.faces, to: target, encoder: GrayImage.png)
      }
    }
  }

  /// A killed process left its folder, and this one has its number.
  @Test func whatAKilledProcessLeftIsNotMixedIn() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("faces")
      for name in [".faces.\(getpid())", ".faces.\(getpid())-0"] {
        let left = folder.appendingPathComponent("\(name)/train/happy")
        try FileManager.default.createDirectory(at: left, withIntermediateDirectories: true)
        try Data().write(to: left.appendingPathComponent("Training_00001.png"))
      }
      try FaceFolderWriter.write(Self.faces, to: target, encoder: GrayImage.png)
      let read = try FaceDataset.load(from: target, side: 48, decoder: Self.decoder)
      #expect(read.count == Self.faces.count)
    }
  }

  @Test func filesNumberedTwiceKeepTheReadersOrder() throws {
    let paths = ["a/Training_2.png", "a/Training_1.png", "b/PublicTest_3.png"]
    func order(_ paths: [String]) -> [UInt8] {
      FaceDataset(
        side: 1, pixels: [1, 2, 3], labels: [0, 0, 0],
        splits: [.training, .training, .publicTest], classNames: ["x"],
        origin: .paths(paths, folder: "")
      ).inNumberedOrder().pixels
    }
    #expect(order(paths) == [2, 1, 3])
    #expect(order(["a/Training_2.png", "a/Training_2.png", "b/PublicTest_3.png"]) == [1, 2, 3])
    #expect(order(["a/Training_2.png", "a/1.png", "b/PublicTest_3.png"]) == [1, 2, 3])
    #expect(order(["a/Training_2.png", "a/Training_1.png", "b/Training_3.png"]) == [1, 2, 3])
  }
}
