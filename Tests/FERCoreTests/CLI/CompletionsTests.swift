import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// The completions in the shells they are for; what is not installed is not tried.
@Suite struct CompletionsTests {
  static let lines: [(line: [String], offered: Set<String>)] = [
    (["tr"], ["train"]),
    (["dataset", "dr"], ["draw"]),
    (["model", ""], ["list", "summary", "verify", "diff", "convert", "adopt", "calibrate"]),
    (["help", "mo"], ["model"]),
    (["help", "model", "s"], ["summary"]),
    (["dataset", "draw", "--cou"], ["--count"]),
    (["train", "--architecture", ""], Set(Architecture.all.map(\.name))),
    (["bench", "--measure", "train,l"], ["train,latency", "train,layers"]),
    (["completions", ""], ["bash", "fish", "zsh"]),
    (["model", "summary", "vg"], ["vgg-small", "vgg16"]),
    (["predict", "photo w"], ["photo with spaces.jpg"]),
    (["train", "--resume", "r"], ["runs"]),
    (["train", "--teacher", "photo w"], ["photo with spaces.jpg"]),
    (["serve", "--source", "photo w"], ["photo with spaces.jpg"]),
    (["video", "--timeline", "photo w"], ["photo with spaces.jpg"]),
    (["video", "--plot", "photo w"], ["photo with spaces.jpg"]),
    (["train", "--epochs", ""], []),
  ]

  /// A folder with the completions of `shell`, a file and a folder.
  private func withCompletions(
    _ shell: String, _ body: (_ program: String, _ folder: URL) throws -> Void
  ) throws {
    let program = "/usr/bin/\(shell)"
    guard FileManager.default.isExecutableFile(atPath: program) else { return }
    try withTemporaryFolder { folder in
      let run = try Binary.run("completions", shell)
      #expect(run.exitCode == 0 && run.errors.isEmpty)
      try Data(run.output.utf8).write(to: folder.appendingPathComponent("_completions"))
      try Data().write(to: folder.appendingPathComponent("photo with spaces.jpg"))
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("runs"), withIntermediateDirectories: false)
      try body(program, folder)
    }
  }

  private func quoted(_ words: [String]) -> String {
    words.map { "'\($0)'" }.joined(separator: " ")
  }

  @Test func bashOffersWhatTheTableSays() throws {
    try withCompletions("bash") { bash, folder in
      for (line, offered) in Self.lines {
        let script = """
          source ./_completions
          COMP_WORDS=(emojify \(quoted(line)))
          COMP_CWORD=\(line.count)
          _emojify
          printf '%s\\n' "${COMPREPLY[@]}"
          """
        let run = try Binary.run(["-c", script], in: folder, program: bash)
        #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
        #expect(Set(run.output.split(separator: "\n").map(String.init)) == offered, "\(line)")
      }
      // bash cuts --name=value into three words.
      let script = """
        source ./_completions; COMP_WORDS=(emojify train --architecture = v); COMP_CWORD=4
        _emojify; echo "${COMPREPLY[@]}"; complete -p emojify
        """
      let run = try Binary.run(["-c", script], in: folder, program: bash)
      #expect(run.output == "vgg-small vgg16\ncomplete -F _emojify emojify\n")
    }
  }

  @Test func fishOffersWhatTheTableSays() throws {
    try withCompletions("fish") { fish, folder in
      for (line, offered) in Self.lines {
        let typed =
          "emojify " + line.joined(separator: " ").replacing("photo w", with: "photo\\\\ w")
        let run = try Binary.run(
          ["--no-config", "-c", "source ./_completions; complete -C '\(typed)'"], in: folder,
          environment: ["HOME": folder.path], program: fish)
        // A word, a tab and its explanation; a folder ends in a slash.
        let words = run.output.split(separator: "\n").map { row in
          let word = String(row.prefix { $0 != "\t" }).replacing("\\", with: "")
          return word.hasSuffix("/") ? String(word.dropLast()) : word
        }
        #expect(Set(words) == offered, "\(line): \(run.errors)")
      }
    }
  }

  /// zsh's completion needs a terminal; here it reads the file and knows the function.
  @Test func zshReadsItsCompletions() throws {
    try withCompletions("zsh") { zsh, folder in
      let script = """
        autoload -U compinit && compinit -u -D && source ./_completions
        print $_comps[emojify] ${+functions[_emojify_members]}
        """
      let run = try Binary.run(["-f", "-c", script], in: folder, program: zsh)
      #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(run.output == "_emojify 1\n")
    }
  }

  @Test func anotherShellIsAUsageError() throws {
    let run = try Binary.run("completions", "tcsh")
    #expect(run.exitCode == 64)
    #expect(run.errors == "emojify: SHELL 'tcsh' is not valid: expected one of bash, zsh, fish\n")
  }
}
