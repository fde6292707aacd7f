import Foundation
import Testing

@testable import EmojifyCLI

/// The command line as a user meets it: whole output and exit code of the real binary.
@Suite struct UsageTests {
  @Test func aloneItShowsWhatThereIs() throws {
    let run = try Binary.run()
    #expect(run.exitCode == 0 && run.errors.isEmpty)
    #expect(run.output == Help().overview(AllCommands.outlines) + "\n")
    #expect(try Binary.run("--help").output == run.output)
    #expect(try Binary.run("help").output == run.output)
  }

  @Test func versionIsOneLine() throws {
    #expect(try Binary.run("--version").output == "emojify \(AllCommands.version)\n")
  }

  @Test func anUnknownCommandIsNamedAndExits64() throws {
    let run = try Binary.run("xyzzy")
    #expect(run.exitCode == 64 && run.output.isEmpty)
    #expect(
      run.errors == "emojify: unknown command 'xyzzy'; 'emojify' alone lists the commands\n")
  }

  @Test func everyCommandsHelpIsTheSameEitherWay() throws {
    for command in AllCommands.list {
      let words = command.name.split(separator: " ").map(String.init)
      let long = try Binary.run(words + ["--help"])
      let help = try Binary.run(["help"] + words)
      #expect(long.exitCode == 0 && long.errors.isEmpty)
      #expect(long.output == help.output)
      #expect(long.output.hasPrefix("emojify \(command.name): \(command.summary)\n\nExamples:\n"))
    }
  }

  @Test func aFullDiskIsNoSuccess() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let run = try Binary.run([], output: full)
    #expect(run.exitCode == 70)
    #expect(run.errors == "emojify: cannot write standard output: No space left on device\n")
    // More than is buffered.
    let long = try Binary.run(["completions", "bash"], output: full)
    #expect(long.exitCode == 70)
    #expect(long.errors.hasPrefix("emojify: cannot write standard output"), "\(long.errors)")
  }

  @Test func aTableIsNotDrawnIntoAPicture() throws {
    let run = try Binary.run("dataset", "draw", "faces.png")
    #expect(run.exitCode == 64)
    #expect(run.errors.hasPrefix("emojify: OUT faces.png: expected a name ending in .csv"))
  }

  /// What nobody can be told changes neither exit codes nor results.
  @Test(arguments: ["2>/dev/full", "2>&-"])
  func aStandardErrorThatCannotBeWrittenChangesNothing(redirection: String) throws {
    try withTemporaryFolder { folder in
      func exitCode(_ words: String) throws -> Int32 {
        try Binary.run(
          ["-c", "exec \"$0\" \(words) \(redirection)", Binary.path], in: folder, program: "/bin/sh"
        ).exitCode
      }
      #expect(try exitCode("--bogus") == 64)
      #expect(try exitCode("predict gone.png --no-detect") == 66)
      #expect(try exitCode("dataset draw mute.csv --count 21") == 0)
      try Binary.run("dataset", "draw", "told.csv", "--count", "21", in: folder)
      let tables = try ["mute.csv", "told.csv"].map {
        try Data(contentsOf: folder.appendingPathComponent($0))
      }
      #expect(tables[0] == tables[1])
      // A run's lock is open while it trains: it must not be taken for the closed descriptor and filled with notes.
      let train = "train told.csv --architecture emojify --epochs 1 --batch-size 7 --output run"
      #expect(try exitCode(train) == 0)
      #expect(try Data(contentsOf: folder.appendingPathComponent("run/.lock")).isEmpty)
    }
  }

  /// As from a script's unset variable: an empty path would be the current folder.
  @Test(arguments: [
    (["man", ""], "FOLDER '' is not valid"), (["train", ""], "DATA '' is not valid"),
    (["predict", "a.png", ""], "PATHS '' is not valid"),
    (["eval", "--model", ""], "--model '' is not valid: expected <file>"),
    (["eval", "--data="], "--data '' is not valid: expected <path>"),
    (["predict", "a.png", "--emoji-dir", ""], "--emoji-dir '' is not valid: expected <folder>"),
    (["train", "--resume", ""], "--resume '' is not valid: expected <run>"),
    (
      ["train", "a.csv", "--teacher", "a.h5,"], "--teacher 'a.h5,' is not valid: expected <models>"
    ),
    (["video", "a.mp4", "--plot", ""], "--plot '' is not valid: expected <file.svg>"),
    (["serve", "--source", ""], "--source '' is not valid: expected <device>"),
  ])
  func anEmptyPathIsAUsageError(words: [String], message: String) throws {
    try withTemporaryFolder { folder in
      let run = try Binary.run(words, in: folder)
      #expect(run.exitCode == 64 && run.output.isEmpty)
      #expect(run.errors.hasPrefix("emojify: \(message)"), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
  }
}
