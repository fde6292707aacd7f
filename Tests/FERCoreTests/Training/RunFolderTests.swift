import Foundation
import Testing

@testable import FERCore

@Suite struct RunFolderTests {
  @Test func namesAndCollisions() throws {
    try withTemporaryFolder { parent in
      let runs = parent.appendingPathComponent("runs")
      let zone = try #require(TimeZone(identifier: "UTC"))
      let names = try (0..<3).map { _ in
        try RunFolder.create(
          in: runs, architecture: "emojify", date: Date(timeIntervalSince1970: 0), timeZone: zone
        ).url.lastPathComponent
      }
      #expect(
        names == [
          "19700101-000000-emojify", "19700101-000000-emojify-2", "19700101-000000-emojify-3",
        ])
    }
  }

  @Test func neverTakesWhatIsThere() throws {
    try withTemporaryFolder { parent in
      let url = parent.appendingPathComponent("run")
      _ = try RunFolder.create(at: url)
      let error = #expect(throws: EmojifyError.self) { _ = try RunFolder.create(at: url) }
      #expect(error?.exitCode == 64)
      // A folder without config.json is no run.
      #expect(throws: EmojifyError.self) { _ = try RunFolder.open(url) }
    }
  }

  @Test func oneProcessAtATime() throws {
    try withTemporaryFolder { parent in
      let url = parent.appendingPathComponent("run")
      let folder = try RunFolder.create(at: url)
      try Data("{}".utf8).write(to: folder.configuration)
      let error = #expect(throws: EmojifyError.self) { _ = try RunFolder.open(url) }
      #expect(error?.description.hasSuffix("another process is training there") == true)
      withExtendedLifetime(folder) {}
    }
  }

  @Test func clearsWhatAKilledProcessLeft() throws {
    try withTemporaryFolder { parent in
      let url = parent.appendingPathComponent("run")
      do {
        let folder = try RunFolder.create(at: url)
        for name in ["config.json", "best.h5", ".best.77-0.h5", ".checkpoint.77-12.h5", ".mine"] {
          try Data("{}".utf8).write(to: folder.url.appendingPathComponent(name))
        }
      }
      let folder = try RunFolder.open(url)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
      #expect(left == [".lock", ".mine", "best.h5", "config.json"])
    }
  }

  @Test func newestIsTheOneStartedLastThatHasAModel() throws {
    try withTemporaryFolder { parent in
      #expect(RunFolder.newest(in: parent.appendingPathComponent("none")) == nil)
      for (name, age, hasModel) in [("b", 30.0, true), ("a", 20, true), ("c", 10, false)] {
        let folder = try RunFolder.create(at: parent.appendingPathComponent(name))
        try Data("{}".utf8).write(to: folder.configuration)
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -age)],
          ofItemAtPath: folder.configuration.path)
        if hasModel { try Data().write(to: folder.best) }
      }
      #expect(RunFolder.newest(in: parent)?.lastPathComponent == "a")
      #expect(RunFolder.list(in: parent).map(\.lastPathComponent) == ["c", "a", "b"])
    }
  }
}
