import Foundation
import Testing

@testable import FERCore

@Suite struct ZipArchiveTests {
  /// The standard check value of CRC-32.
  @Test func checksumIsTheStandardOne() {
    #expect(ZipArchive.checksum(Data("123456789".utf8)) == 0xCBF4_3926)
    #expect(ZipArchive.checksum(Data()) == 0)
  }

  @Test func whatIsWrittenReadsBack() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.zip")
      let long = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      try ZipArchive.data([("a.txt", Data("hello".utf8)), ("folder/ü", long), ("empty", Data())])
        .write(to: url)
      #expect(ZipArchive.isArchive(url))
      let archive = try ZipArchive(reading: url)
      #expect(archive.names == ["a.txt", "empty", "folder/ü"])
      #expect(try archive.read("a.txt") == Data("hello".utf8))
      #expect(try archive.read("folder/ü") == long)
      #expect(try archive.read("empty") == Data())
      #expect(try archive.read("b.txt") == nil)
    }
  }

  /// Every byte of a small archive changed, and the archive cut at every length: an error or what was written, never
  /// other bytes.
  @Test func damagedArchivesSaySo() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.zip")
      let whole = ZipArchiveTests.small
      for place in whole.indices {
        var damaged = whole
        damaged[place] ^= 0xFF
        try damaged.write(to: url)
        try Self.expectWhatWasWrittenOrAnError(url)
        try whole.prefix(place).write(to: url)
        try Self.expectWhatWasWrittenOrAnError(url)
      }
    }
  }

  private static let small =
    (try? ZipArchive.data([("a", Data("hello".utf8)), ("b", Data("there".utf8))])) ?? Data()

  private static func expectWhatWasWrittenOrAnError(_ url: URL) throws {
    do {
      let archive = try ZipArchive(reading: url)
      for (name, text) in [("a", "hello"), ("b", "there")] {
        let found = try archive.read(name)
        #expect(found == nil || found == Data(text.utf8))
      }
    } catch is EmojifyError {}
  }

  @Test func compressedMembersAreRefused() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.keras")
      var bytes = try ZipArchive.data([("config.json", Data("{}".utf8))])
      // The method in the directory: 10 bytes behind its signature.
      let directory = try #require(bytes.range(of: Data([0x50, 0x4B, 1, 2])))
      bytes[directory.lowerBound + 10] = 8
      try bytes.write(to: url)
      expectBadData("member 'config.json' is compressed (method 8), expected it stored") {
        _ = try KerasFormat.read(url)
      }
      try ZipArchive.data([("x", Data())]).write(to: url)
      expectBadData("is a zip archive but no Keras model: there is no 'config.json'; it holds 'x'")
      {
        _ = try KerasFormat.read(url)
      }
    }
  }

  @Test(arguments: [false, true]) func archivesOfNetworksReadBack(isGraph: Bool) throws {
    try withTemporaryFolder { folder in
      let network = try isGraph ? KerasFormatTests.graph() : KerasFormatTests.chain()
      let metadata = ModelMetadata(labels: ["a", "b", "c"], architecture: "x", seed: 7)
      let url = folder.appendingPathComponent("model.keras")
      try KerasFormat.write(network, metadata: metadata, to: url)
      let (read, found) = try KerasFormat.read(url)
      #expect(found == metadata)
      #expect(read.name == network.name)
      #expect(read.parametersByPath() == network.parametersByPath())
      let images = KerasOpensOurFilesTests.images(network)
      #expect(read.answer(to: images).elements == network.answer(to: images).elements)
    }
  }
}
