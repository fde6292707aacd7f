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
  }
}
