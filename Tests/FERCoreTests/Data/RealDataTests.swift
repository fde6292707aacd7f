import Foundation
import Testing

@testable import EmojifyCLI
@testable import FERCore

/// The published images, where they are at hand: the reader, the decoder and the table agree.
@Suite struct RealDataTests {
  static let archive = PackageFolder.shared("fer2013/fer2013-images.tar.gz")

  @Test(.enabled(if: archive != nil, "../shared/fer2013 is not here"))
  func theFolderHasThePublishedCountsAndTheTablesOrder() throws {
    let archive = try #require(Self.archive)
    try withTemporaryFolder { folder in
      let tar = Process()
      tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      tar.arguments = ["tar", "xzf", archive.path, "-C", folder.path, "test"]
      try tar.run()
      tar.waitUntilExit()
      try #require(tar.terminationStatus == 0)
      let faces = try FaceDataset.load(from: folder) { file in
        try ImageDecoder.grayPixels(of: file, side: 48)
      }
      // PublicTest's counts as published with the data set.
      #expect(faces.classCounts(of: .publicTest) == [467, 56, 496, 895, 653, 415, 607])
      #expect(faces.count == 3589 && faces.warnings.isEmpty)
      // Counted by another program.
      let copies = DuplicateReport(faces)
      #expect(copies.copyCount == 26 && copies.copiesWithin == [0, 26, 0])
      #expect(faces.blankImages().count == 2)
      // The classes are interleaved by the number in the file's name, as in the table.
      #expect(faces.labels.prefix(14) == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6])
      let table = folder.appendingPathComponent("fer2013.csv")
      try faces.writeCSV(to: table)
      let read = try FaceTableReader.read(table)
      #expect(read.pixels == faces.pixels && read.labels == faces.labels)
      #expect(read.splits == faces.splits)
    }
  }
}
