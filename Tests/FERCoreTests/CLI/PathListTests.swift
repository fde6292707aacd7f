import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct PathListTests {
  @Test func linesArePathsWhateverEndsThem() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("list")
      try Data("a b.jpg\r\n\n../ü.png\n-\nlast".utf8).write(to: file)
      let list = try PathList(file.path)
      #expect(try list.next(upTo: 2) == ["a b.jpg", "../ü.png"])
      // It does not wait for the line that may still be written.
      #expect(try list.next(upTo: 9) == ["-"])
      #expect(try list.next(upTo: 9) == ["last"])
      #expect(try list.next(upTo: 9) == [])
    }
  }

  @Test func aListLongerThanOneReadLosesNothing() throws {
    try withTemporaryFolder { folder in
      let paths = (0..<20_000).map { "folder \($0)/\(String(repeating: "x", count: $0 % 97)).png" }
      let file = folder.appendingPathComponent("list")
      try Data(paths.joined(separator: "\n").utf8).write(to: file)
      let list = try PathList(file.path)
      var read: [String] = []
      while case let next = try list.next(upTo: 64), !next.isEmpty { read += next }
      #expect(read == paths)
    }
  }

  @Test func whatIsNoListIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder.path
      #expect(throws: EmojifyError.missingInput("\(path)/no: no such file")) {
        try PathList(path + "/no")
      }
      #expect(throws: EmojifyError.self) { try PathList(path) }
      for (name, byte, fault) in [
        ("letters", UInt8(0x78), "a line of more than 1048576 bytes, expected one path a line"),
        (
          "zeros", 0,
          "holds a zero byte, expected one path a line (an image is named without --files-from)"
        ),
      ] {
        try Data(repeating: byte, count: 3 << 20).write(to: folder.appendingPathComponent(name))
        let list = try PathList("\(path)/\(name)")
        #expect(throws: EmojifyError.badData("\(path)/\(name): \(fault)")) {
          try list.next(upTo: 1)
        }
      }
    }
  }
}
