import Foundation
import Testing

@testable import EmojifyCLI
@testable import FERCore

/// Tables and folders turned into each other by the real binary: nothing may be lost on the way.
@Suite struct DatasetConvertTests {
  private let faces = FaceFolderWriterTests.faces

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
        from: folder.appendingPathComponent("faces"),
        decoder: { try ImageDecoder.grayPixels(of: $0, side: 48) })
      let name = { (faces: FaceDataset, index: Int) in
        "\(faces.splits[index]) \(faces.classNames[Int(faces.labels[index])]) \(faces.image(index))"
      }
      #expect(
        Set(read.labels.indices.map { name(read, $0) })
          == Set(faces.labels.indices.map { name(faces, $0) }))
    }
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
