import Foundation
import Testing

@testable import EmojifyCLI

/// `make install` into a fresh prefix, the program run from there in another folder.
@Suite struct InstallTests {
  private static let makeProgram = "/usr/bin/make"

  private func make(_ target: String, _ prefix: URL) throws {
    let run = try Binary.run(
      ["-s", target, "PREFIX=\(prefix.path)", "EMOJIFY=\(Binary.path)"], in: Binary.root,
      environment: ["MAKEFLAGS": "", "DESTDIR": ""], program: Self.makeProgram)
    #expect(run.exitCode == 0, "\(run.errors)")
  }

  private func files(in folder: URL) throws -> Set<String> {
    Set(
      try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { path in
        var isFolder: ObjCBool = false
        let full = folder.appendingPathComponent(path).path
        return FileManager.default.fileExists(atPath: full, isDirectory: &isFolder)
          && !isFolder.boolValue
      })
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: makeProgram)))
  func anInstalledProgramHasAllItNeedsAndUninstallLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let prefix = folder.appendingPathComponent("a prefix")
      try make("install-files", prefix)
      let installed = try files(in: prefix)
      let expected = [
        "bin/emojify", "share/man/man1/emojify.1", "share/man/man1/emojify-dataset-draw.1",
        "share/bash-completion/completions/emojify", "share/zsh/site-functions/_emojify",
        "share/fish/vendor_completions.d/emojify.fish", "share/emojify/models/best.h5",
        "share/emojify/emojis/happy.png", "share/doc/emojify/models.md",
      ]
      #expect(installed.isSuperset(of: expected))
      #expect(installed.filter { $0.hasPrefix("share/man/") }.count == AllCommands.list.count + 1)

      // From a folder that knows nothing of the clone.
      let program = prefix.appendingPathComponent("bin/emojify").path
      let draw = try Binary.run(
        ["dataset", "portrait", "one.png", "--emotions", "happy"], in: folder, program: program)
      #expect(draw.exitCode == 0, "\(draw.errors)")
      let run = try Binary.run(["predict", "one.png", "--emoji"], in: folder, program: program)
      #expect(run.exitCode == 0 && run.output.hasPrefix("one.png: 1 face\n"))
      #expect(
        run.errors.hasPrefix(
          "model: \(prefix.path)/share/emojify/models/best.h5 (comes with emojify)\n"))
      // The other one by its name, unless a file has it.
      let ask = ["predict", "one.png", "--model", "fast", "--verbose"]
      let fast = try Binary.run(ask, in: folder, program: program)
      #expect(fast.exitCode == 0 && fast.output.hasPrefix("one.png: 1 face\n"))
      #expect(
        fast.errors.contains("model: \(prefix.path)/share/emojify/models/fast.h5 (--model)\n"))
      try Data("no model".utf8).write(to: folder.appendingPathComponent("fast"))
      let file = try Binary.run(ask, in: folder, program: program)
      #expect(file.exitCode == 65 && file.errors.contains("fast: "), "\(file.errors)")

      try make("uninstall", prefix)
      #expect(try files(in: prefix) == [])
    }
  }
}
