import Foundation
import Testing

@testable import EmojifyCLI
@testable import FERCore

/// Tables and folders turned into each other: nothing may be lost on the way.
@Suite struct FaceFolderWriterTests {
  private static let decoder: FaceDecoder = { try ImageDecoder.grayPixels(of: $0, side: 48) }

  /// 30 noisy faces, splits and classes in no order, one class without an image.
  private var faces: FaceDataset {
    var random = SeededRandom(seed: 4)
    return FaceDataset(
      pixels: (0..<30 * 48 * 48).map { _ in UInt8(random.integer(below: 256)) },
      labels: (0..<30).map { _ in UInt8([0, 2, 3, 4, 5, 6][random.integer(below: 6)]) },
      splits: (0..<30).map { _ in FaceDataset.Split.allCases[random.integer(below: 3)] })
  }

  @Test func tableFolderTableEndsInTheSameBytes() throws {
    try withTemporaryFolder { folder in
      let table = folder.appendingPathComponent("faces.csv")
      try faces.writeCSV(to: table)
      let first = try Binary.run("dataset", "convert", "faces.csv", "faces", in: folder)
      #expect(first.exitCode == 0 && first.output.isEmpty, "\(first.errors)")
      #expect(first.errors == "wrote 30 images to faces\n")
      let second = try Binary.run("dataset", "convert", "faces", "again.csv", in: folder)
      #expect(second.exitCode == 0 && second.errors == "wrote 30 images to again.csv\n")
      let again = folder.appendingPathComponent("again.csv")
      #expect(try Data(contentsOf: again) == Data(contentsOf: table))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["again.csv", "faces", "faces.csv"])
      // The folder itself is read as the same images with the same splits and labels.
      let read = try FaceDataset.load(
        from: folder.appendingPathComponent("faces"), decoder: Self.decoder)
      let name = { (faces: FaceDataset, index: Int) in
        "\(faces.splits[index]) \(faces.classNames[Int(faces.labels[index])]) \(faces.image(index))"
      }
      #expect(
        Set(read.labels.indices.map { name(read, $0) })
          == Set(faces.labels.indices.map { name(faces, $0) }))
    }
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
        try FaceFolderWriter.write(faces, to: target, encoder: GrayImage.png) { _ in throw Full() }
      }
      #expect(throws: Full.self) {
        try FaceFolderWriter.write(faces, to: target) { _, _ in throw Full() }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
      try FaceFolderWriter.write(faces, to: target, encoder: GrayImage.png)
      #expect(throws: EmojifyError.usage("\(target.path): is there already; it stays as it is")) {
        try FaceFolderWriter.write(faces, to: target, encoder: GrayImage.png)
      }
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

  @Test func wrongPairsAreUsageErrors() throws {
    try withTemporaryFolder { folder in
      try faces.writeCSV(to: folder.appendingPathComponent("faces.csv"))
      let run = { (words: [String]) in try Binary.run(["dataset", "convert"] + words, in: folder) }
      let tables = try run(["faces.csv", "other.csv"])
      #expect(tables.exitCode == 64)
      #expect(
        tables.errors
          == "emojify: faces.csv is a file, so OUT has to be a folder, not 'other.csv'\n")
      let folders = try run([".", "other"])
      #expect(folders.exitCode == 64)
      #expect(
        folders.errors == "emojify: . is a folder, so OUT has to be a .csv file, not 'other'\n")
      let missing = try run(["lost.csv", "other"])
      #expect(
        missing.exitCode == 66 && missing.errors == "emojify: lost.csv: no such file or folder\n")
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("old"), withIntermediateDirectories: true)
      let there = try run(["faces.csv", "old"])
      #expect(there.exitCode == 64)
      #expect(there.errors == "emojify: old: is there already; it stays as it is\n")
    }
  }
}
