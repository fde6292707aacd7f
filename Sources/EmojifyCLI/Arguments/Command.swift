import FERCore
import Foundation

/// One thing `emojify` does. What it declares here is its parser, its help and its completions.
protocol Command {
  /// As typed after `emojify`: `train`, `dataset draw`.
  static var name: String { get }
  /// One line for the overview.
  static var summary: String { get }
  /// What there is to know beyond the options; may be empty.
  static var discussion: String { get }
  /// Command lines that work, each with what it does: the first thing help shows.
  static var examples: [Example] { get }
  static var positionals: [Positional<Self>] { get }
  static var options: [Option<Self>] { get }

  var common: CommonOptions { get set }

  init()
  /// What one option alone cannot see, such as two that exclude each other. Throws usage errors.
  mutating func validate() throws
  func run(_ terminal: Terminal) throws
}

/// A command line and what it does.
struct Example {
  let line: String
  let meaning: String

  init(_ line: String, _ meaning: String) {
    self.line = line
    self.meaning = meaning
  }
}

/// The options every command has.
struct CommonOptions {
  var quiet = false
  var verbose = false
  var noColor = false
  /// The long names of the options on the command line, in its order.
  var given: [String] = []
}

extension Command {
  static var discussion: String { "" }
  static var positionals: [Positional<Self>] { [] }
  static var options: [Option<Self>] { [] }
  mutating func validate() throws {}

  static var allOptions: [Option<Self>] {
    options
      + Option.section(
        "Common options",
        [
          .flag("--quiet", \.common.quiet, short: "-q", "No progress and no notes on stderr."),
          .flag(
            "--verbose", \.common.verbose, short: "-v",
            "Say on stderr what is loaded from where, and how long it takes."),
          .flag("--no-color", \.common.noColor, "No colours; the variable NO_COLOR does the same."),
          Option(
            names: ["--help", "-h"], placeholder: nil, help: "Show this text.",
            defaultText: { _ in nil }, choices: [], apply: { _, _ in throw HelpRequest() }),
        ])
  }

  /// The options that a command line needs to say what this command says: those that differ from `defaults`.
  func givenWords(besides defaults: Self) -> [String] {
    Self.options.flatMap { option -> [String] in
      guard let words = option.words(self), words != option.words(defaults) else { return [] }
      return words
    }
  }

  /// Throws a usage error where more than one of the options `names` was given.
  func atMostOne(of names: String...) throws {
    let given = names.filter(common.given.contains)
    if given.count > 1 {
      throw EmojifyError.usage("\(given.listed) exclude each other")
    }
  }

  /// Throws a usage error where `path`, the file that `option` names, does not end as what is written there does.
  func checkEnding(of path: String?, _ ending: String, for option: String) throws {
    guard let path, URL(fileURLWithPath: path).pathExtension.lowercased() != ending else { return }
    throw EmojifyError.usage("\(option) \(path): expected a name ending in .\(ending)")
  }

  /// The options' names without their values, for looking them up from other commands.
  static var optionNames: [String] { allOptions.flatMap(\.names) }
}

/// Thrown by `--help`, so that it wins over whatever is wrong to its right.
struct HelpRequest: Error {}
