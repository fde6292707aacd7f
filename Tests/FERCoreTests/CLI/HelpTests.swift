import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct HelpTests {
  @Test(arguments: [40, 60, 100]) func noLineOfTextIsWiderThanTheTerminal(width: Int) {
    for command in AllCommands.outlines {
      let usage = Help(width: width).text(of: command).split(separator: "\n")
      // Command lines are not broken: they are there to be copied.
      let examples = Set(command.examples.map { "  " + $0.line })
      for line in usage where !examples.contains(String(line)) && !line.hasPrefix("Usage:") {
        let isOneWord = !line.drop { $0 == " " }.contains(" ") || line.hasPrefix("  -")
        #expect(line.count <= width || isOneWord, "\(line)")
      }
    }
  }

  @Test func headingsStandOutWhereColoursAreWanted() throws {
    // `script` gives the program a terminal.
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/script") else { return }
    func help(_ variables: [String: String], _ arguments: String) throws -> String {
      let line = "'\(Binary.path)' help eval \(arguments)"
      return try Binary.run(
        ["-qec", line, "/dev/null"],
        environment: ["TERM": "xterm", "COLUMNS": "60"].merging(variables) { $1 },
        program: "/usr/bin/script"
      ).output.replacing("\r\n", with: "\n")
    }
    let coloured = try help(["NO_COLOR": ""], "")
    #expect(coloured.contains("\u{1B}[1mExamples:\u{1B}[0m"))
    #expect(coloured.contains("\u{1B}[36m--confusion\u{1B}[0m"))
    let plain = Help(width: 60).text(of: Eval.outline) + "\n"
    #expect(coloured.replacing(/\u{1B}\[\d+m/, with: "") == plain)
    #expect(try help(["NO_COLOR": "1"], "") == plain)
    #expect(try help(["NO_COLOR": ""], "--no-color") == plain)
  }

  @Test func everyOptionIsOnItsManualPage() {
    let pages = ManPage(version: "1.2")
    for command in AllCommands.outlines {
      let page = pages.page(command)
      #expect(page.contains("\n.TH \(ManPage.escape(command.pageName.uppercased())) 1 "))
      for option in command.options {
        #expect(page.contains("\n\\fB\(ManPage.escape(option.names[0]))\\fR"), "\(option.names)")
      }
    }
  }

  @Test(arguments: ["video", "camera"])
  func whenEveryFrameIsSearchedIsSaid(command: String) throws {
    let words = try Binary.run("help", command).output.split { $0.isWhitespace }
    let help = words.joined(separator: " ")
    #expect(help.contains("more than 0.2 s apart, each is searched whole. (default:"), "\(help)")
  }

  @Test func anOutputThatCannotBeWrittenIsInBothTablesOfExitCodes() throws {
    let meaning = "file is missing, or cannot be read or written"
    let page = ManPage(version: "1.2").overview(AllCommands.outlines)
    #expect(page.contains("\n.B 66\nA \(meaning).\n"))
    let readme = try String(
      contentsOf: Binary.root.appendingPathComponent("README.md"), encoding: .utf8)
    #expect(readme.contains("\n| 66 | a \(meaning) |\n"))
  }

  @Test func whatRoffWouldReadAsItsOwnIsEscaped() {
    #expect(ManPage.escape(".TH \\x --a") == "\\&.TH \\ex \\-\\-a")
    #expect(ManPage.escape("a…b 'c' \"d\"") == "a\\[u2026]b \\(aqc\\(aq \\(dqd\\(dq")
    #expect(ManPage.escape("😀") == "\\[u1F600]")
  }

  /// groff itself: no warning, and the text a reader sees.
  @Test func groffFindsNothingWrongWithThePages() throws {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/groff") else { return }
    try withTemporaryFolder { folder in
      #expect(try Binary.run("man", folder.path, "--quiet").exitCode == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.count == AllCommands.list.count + 1)
      for name in names {
        let file = folder.appendingPathComponent(name).path
        let run = try Binary.run(
          ["-ww", "-man", "-Tutf8", "-P-cbou", file], program: "/usr/bin/groff")
        // groff as Debian's minimal package has no -man macros: then there is nothing to check with.
        if run.errors.contains("macro") { return }
        #expect(run.exitCode == 0 && run.errors.isEmpty, "\(name): \(run.errors)")
        if name == "emojify-predict.1" {
          #expect(run.output.contains("emojify predict photo.jpg --emoji"))
        }
      }
    }
  }
}
