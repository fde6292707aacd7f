import FERCore

/// `emojify completions`: what a shell needs to complete the command line.
struct Completions: Command {
  static let name = "completions"
  static let summary = "Print the completions of a shell: bash, zsh or fish."
  static let examples = [
    Example("source <(emojify completions bash)", "For this session."),
    Example(
      "emojify completions zsh > ~/.zsh/_emojify", "For good: a folder that is in zsh's fpath."),
    Example(
      "emojify completions fish > ~/.config/fish/completions/emojify.fish", "For good in fish."),
  ]
  static let discussion =
    "They are written from the options this program has. 'make install' and the Debian package install them for all three."
  static var positionals: [Positional<Self>] {
    [.one("SHELL", \.shell, values: .words(Shell.choices), "Of which shell.")]
  }

  enum Shell: String, ArgumentChoice { case bash, zsh, fish }

  var common = CommonOptions()
  var shell = ""

  mutating func validate() throws {
    guard Shell(argument: shell) != nil else {
      throw EmojifyError.usage("SHELL '\(shell)' is not valid: expected \(Shell.expectation)")
    }
  }

  func run(_ terminal: Terminal) throws {
    let commands = AllCommands.outlines
    switch Shell(argument: shell) {
    case .bash: print(BashCompletion(commands: commands).text, terminator: "")
    case .zsh: print(ZshCompletion(commands: commands).text, terminator: "")
    case .fish: print(FishCompletion(commands: commands).text, terminator: "")
    case nil: preconditionFailure("validate has seen to it")
    }
  }
}
