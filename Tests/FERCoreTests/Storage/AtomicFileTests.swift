import Foundation
import Testing

@testable import FERCore

@Suite struct AtomicFileTests {
  @Test func writesNewFilesAndReplacesOldOnes() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("model.h5")
      try AtomicFile.write(Data("one".utf8), to: file)
      try AtomicFile.write(Data("two".utf8), to: file)
      #expect(try String(contentsOf: file, encoding: .utf8) == "two")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.h5"])
    }
  }

  @Test func aBodyThatThrowsLeavesTheOldFileAndNoTemporary() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("model.h5")
      try AtomicFile.write(Data("one".utf8), to: file)
      #expect(throws: EmojifyError.badData("no")) {
        try AtomicFile.replace(file) { temporary in
          #expect(temporary.pathExtension == "h5")
          #expect(temporary.deletingLastPathComponent().path == folder.path)
          try Data("half".utf8).write(to: temporary)
          throw EmojifyError.badData("no")
        }
      }
      #expect(try String(contentsOf: file, encoding: .utf8) == "one")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.h5"])
    }
  }

  @Test func permissionsAndSymbolicLinksStay() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.txt")
      let link = folder.appendingPathComponent("link.txt")
      try AtomicFile.write(Data("one".utf8), to: file)
      chmod(file.path, 0o640)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
      try AtomicFile.write(Data("two".utf8), to: link)
      var status = stat()
      #expect(lstat(link.path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
      #expect(stat(file.path, &status) == 0 && status.st_mode & 0o777 == 0o640)
      #expect(try String(contentsOf: file, encoding: .utf8) == "two")
    }
  }

  /// A link may be there before what it leads to, by a path of its own folder or another's.
  @Test func linksThatLeadNowhereYetAreFollowed() throws {
    try withTemporaryFolder { folder in
      let files = FileManager.default
      let place = { folder.appendingPathComponent($0) }
      try files.createDirectory(at: place("inner"), withIntermediateDirectories: true)
      try files.createSymbolicLink(
        atPath: place("link.txt").path, withDestinationPath: "inner/next.txt")
      try files.createSymbolicLink(
        atPath: place("inner/next.txt").path, withDestinationPath: "../new.txt")
      try AtomicFile.write(Data("one".utf8), to: place("link.txt"))
      #expect(try String(contentsOf: place("new.txt"), encoding: .utf8) == "one")
      let target = try files.destinationOfSymbolicLink(atPath: place("link.txt").path)
      #expect(target == "inner/next.txt")
      #expect(try files.contentsOfDirectory(atPath: place("inner").path) == ["next.txt"])
      // A way up leads up from the folder that is meant, not from the link to it.
      try files.createDirectory(at: place("far/runs"), withIntermediateDirectories: true)
      try files.createDirectory(at: place("far/store"), withIntermediateDirectories: true)
      try files.createSymbolicLink(atPath: place("runs").path, withDestinationPath: "far/runs")
      try files.createSymbolicLink(
        atPath: place("runs/m.txt").path, withDestinationPath: "../store/m.txt")
      try AtomicFile.write(Data("two".utf8), to: place("runs/m.txt"))
      #expect(try String(contentsOf: place("far/store/m.txt"), encoding: .utf8) == "two")
      // One that leads to itself leads nowhere.
      try files.createSymbolicLink(atPath: place("loop").path, withDestinationPath: "loop")
      #expect(throws: EmojifyError.self) {
        try AtomicFile.write(Data(), to: place("loop").appendingPathComponent("x"))
      }
    }
  }

  @Test func refusalsNameTheFile() throws {
    try withTemporaryFolder { folder in
      #expect(
        throws: EmojifyError.missingInput("\(folder.path): cannot write: it is a folder")
      ) { try AtomicFile.write(Data(), to: folder) }
      let lost = folder.appendingPathComponent("no/such/file.txt")
      #expect(
        throws: EmojifyError.missingInput("\(lost.path): cannot write: No such file or directory")
      ) { try AtomicFile.write(Data(), to: lost) }
    }
  }

  @Test func devicesAreNotReplacedAndAFullDiskSaysSo() throws {
    let null = URL(fileURLWithPath: "/dev/null")
    #expect(
      throws: EmojifyError.missingInput("/dev/null: cannot write: it is not a regular file")
    ) { try AtomicFile.write(Data("x".utf8), to: null) }
    let descriptor = open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let target = URL(fileURLWithPath: "/data/a.csv")
    #expect(
      throws: EmojifyError.internalFault("/data/a.csv: cannot write: No space left on device")
    ) {
      try Data("x".utf8).withUnsafeBytes {
        try AtomicFile.writeAll($0, to: descriptor, naming: target)
      }
    }
  }

  @Test(.enabled(if: getuid() != 0, "root may write anywhere"))
  func aReadOnlyFolderIsRefused() throws {
    try withTemporaryFolder { folder in
      chmod(folder.path, 0o555)
      defer { chmod(folder.path, 0o755) }
      let file = folder.appendingPathComponent("a.txt")
      #expect(throws: EmojifyError.missingInput("\(file.path): cannot write: Permission denied")) {
        try AtomicFile.write(Data(), to: file)
      }
    }
  }
}
