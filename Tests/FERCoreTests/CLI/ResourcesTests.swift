import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct ResourcesTests {
  @Test func environmentThenInstallationThenCloneThenCurrentFolder() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: folder.appendingPathComponent("Package.swift"))
      let executable = folder.appendingPathComponent(".build/release/emojify")
      let paths = Resources.folders(
        share: "/opt/emojify", executable: executable, current: "/somewhere"
      ).map(\.path)
      #expect(
        paths == [
          "/opt/emojify", folder.appendingPathComponent(".build/share/emojify").path, folder.path,
          "/somewhere",
        ])
    }
  }

  @Test func installedProgramSearchesNoFoldersAboveIt() {
    let paths = Resources.folders(
      share: nil, executable: URL(fileURLWithPath: "/nowhere/bin/emojify"), current: "/somewhere"
    ).map(\.path)
    #expect(paths == ["/nowhere/share/emojify", "/somewhere"])
  }

  @Test func cloneHasTheEmoji() {
    #expect(throws: Never.self) { try Resources.require("emojis/happy.png") }
    #expect(Resources.find("emojis/boredom.png") == nil)
  }
}
