import Foundation
import Testing

@testable import FERCore

/// libhdf5 fails on these files; the process that asked for them does not.
@Suite(.serialized) struct ContainedReadingTests {
  /// Two bytes of a whole file, by place. With libhdf5 1.10.8 the first two mostly end in a segmentation fault while an
  /// attribute is read, the third in a loop without an end. Another version may refuse them by itself.
  static let damages: [[Int: UInt8]] = [
    [2128: 128, 2129: 70], [5551: 196, 19724: 4], [2057: 48, 6622: 3],
  ]

  private static func write(_ damage: [Int: UInt8], to file: URL) throws {
    var bytes = [UInt8](
      try Data(contentsOf: PackageFolder.fixture("tf_keras_separable.h5")))
    for (place, value) in damage { bytes[place] = value }
    try Data(bytes).write(to: file)
  }

  @Test(arguments: damages) func theReaderSaysThatTheFileIsDamaged(damage: [Int: UInt8]) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("damaged.h5")
      try Self.write(damage, to: file)
      for _ in 0..<2 {
        do {
          _ = try KerasFormat.read(file)
          Issue.record("was read")
        } catch let error as EmojifyError {
          #expect(error.exitCode == 65 && error.description.contains("damaged.h5"), "\(error)")
        }
      }
      // What follows is as if nothing had been.
      let whole = try KerasFormat.read(PackageFolder.fixture("tf_keras_separable.h5"))
      #expect(whole.network.classCount == 3)
    }
  }

  @Test func oneFilesEndLeavesTheOthersOpen() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("damaged.h5")
      try Self.write(Self.damages[0], to: file)
      let whole = try HDF5File(reading: PackageFolder.fixture("kinds.h5"))
      do {
        let damaged = try HDF5File(reading: file)
        // What lies in freed memory decides how far it gets; once lost, all further calls fail.
        _ = try? damaged.string("model_config")
        _ = try? damaged.string("model_config")
      }
      let again = try HDF5File(reading: PackageFolder.fixture("kinds.h5"))
      for open in 0..<2 {
        let shape = open == 0 ? try whole.shape(of: "gzip") : try again.shape(of: "gzip")
        #expect(shape == [1000])
      }
      #expect(try whole.readFloats("littlef8").elements == [0.5, -2, 3, 100, 0, 7])
    }
  }

  /// Each open file has a process and a socket; neither stays.
  @Test func nothingIsLeftOfClosedFiles() throws {
    func descriptors() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
    func children() throws -> Int {
      let lists = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").map {
        (try? String(contentsOfFile: "/proc/self/task/\($0)/children", encoding: .utf8)) ?? ""
      }
      return lists.joined(separator: " ").split(separator: " ").count
    }
    let before = (try descriptors(), try children())
    for _ in 0..<20 {
      let file = try HDF5File(reading: PackageFolder.fixture("kinds.h5"))
      #expect(try file.links().count > 5)
    }
    // Other tests run beside this one and open files too.
    #expect(try descriptors() < before.0 + 15)
    #expect(try children() < before.1 + 15)
  }

  @Test func theProgramSaysOneLine() throws {
    try withTemporaryFolder { folder in
      for damage in Self.damages {
        try Self.write(damage, to: folder.appendingPathComponent("damaged.h5"))
        for words in [
          ["model", "summary", "damaged.h5"],
          ["serve", "--port", "0", "--quiet", "--model", "damaged.h5"],
        ] {
          let run = try Binary.run(words, in: folder)
          #expect(run.exitCode == 65 && run.output == "", "\(words): \(run.errors)")
          #expect(run.errors.hasPrefix("emojify: damaged.h5: "), "\(run.errors)")
          #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
      }
    }
  }

  /// The shape of such a dataset cannot be asked for without its source, here a pipe, at which that would wait for ever.
  @Test func theSourceOfAVirtualDatasetIsNotOpened() throws {
    try withTemporaryFolder { folder in
      let copy = folder.appendingPathComponent("virtual.h5")
      try FileManager.default.copyItem(at: PackageFolder.fixture("virtual.h5"), to: copy)
      try #require(mkfifo(folder.appendingPathComponent("source.h5").path, 0o600) == 0)
      let file = try HDF5File(reading: copy)
      expectBadData("keeps its data in another file") { _ = try file.shape(of: "endless") }
    }
  }

  /// Sockets and files take the lowest free descriptors, which may be those of the standard streams.
  @Test(arguments: ["<&-", ">&-", "<&- >&-"])
  func closedStreamsDamageNothing(closing: String) throws {
    try withTemporaryFolder { folder in
      let model = PackageFolder.fixture("tf_keras_separable.h5")
      let run = try Binary.run(
        ["-c", "exec \"$0\" model convert \"$1\" copy.h5 \(closing)", Binary.path, model.path],
        in: folder, program: "/bin/sh")
      #expect(run.exitCode == 0, "\(run.errors)")
      let copy = try KerasFormat.read(folder.appendingPathComponent("copy.h5")).network
      #expect(
        copy.parametersByPath() == (try KerasFormat.read(model)).network.parametersByPath())
    }
  }

  @Test func aPipeIsNoFile() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appendingPathComponent("pipe.h5")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      #expect(throws: EmojifyError.self) { _ = try HDF5File(reading: pipe) }
    }
  }
}
