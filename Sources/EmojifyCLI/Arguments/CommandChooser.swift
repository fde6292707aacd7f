import FERCore

/// Finds the command that the first words name, and runs it with the rest.
struct CommandChooser {
  let commands: [any Command.Type]
  let version: String

  func run(_ words: [String]) throws {
    switch words.first {
    case nil, "--help", "-h": print(page(words).overview(outlines))
    case "--version": print("emojify \(version)")
    case "help": try help(Array(words.dropFirst()))
    default: try runCommand(words)
    }
  }

  private func runCommand(_ words: [String]) throws {
    guard let type = command(named: words) else {
      if let members = group(words[0]), words.dropFirst().first.map(isHelp) ?? false {
        return print(page(words).group(words[0], members.map { $0.outline }))
      }
      throw unknownCommand(words)
    }
    let rest = Array(words.dropFirst(wordCount(type)))
    do {
      let command = try type.parse(rest, among: commands)
      let common = command.common
      let terminal = Terminal(
        quiet: common.quiet, verbose: common.verbose, noColor: common.noColor)
      terminal.detail("emojify \(version), \(type.name)")
      let stopwatch = Stopwatch()
      // Also of a command that throws.
      defer {
        terminal.detail(
          "took \(stopwatch.text), peak memory "
            + "\(NumberText.fixed(Stopwatch.peakMemoryMegabytes, 0)) MB")
      }
      try command.run(terminal)
    } catch is HelpRequest {
      print(page(words).text(of: type.outline))
    }
  }

  private func help(_ allWords: [String]) throws {
    let page = page(allWords)
    let words = allWords.filter { $0 != "--no-color" }
    if words.isEmpty {
      print(page.overview(outlines))
    } else if let type = command(named: words), wordCount(type) == words.count {
      print(page.text(of: type.outline))
    } else if words.count == 1, let members = group(words[0]) {
      print(page.group(words[0], members.map { $0.outline }))
    } else {
      throw unknownCommand(words)
    }
  }

  private var outlines: [CommandOutline] { commands.map { $0.outline } }

  /// Help is asked for before the options are parsed, or instead.
  private func page(_ words: [String]) -> Help {
    Help(for: Terminal(noColor: words.contains("--no-color")))
  }

  private func isHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

  private func wordCount(_ type: any Command.Type) -> Int { type.name.split(separator: " ").count }

  private func command(named words: [String]) -> (any Command.Type)? {
    commands.first { words.starts(with: $0.name.split(separator: " ").map(String.init)) }
  }

  /// The commands of a group such as `dataset`; nil if there is no such group.
  private func group(_ word: String) -> [any Command.Type]? {
    let members = commands.filter { $0.name.hasPrefix(word + " ") }
    return members.isEmpty ? nil : members
  }

  private func unknownCommand(_ words: [String]) -> EmojifyError {
    let first = words[0]
    if first.hasPrefix("-") {
      return .usage("unknown option '\(first)' before a command; see 'emojify --help'")
    }
    let names = commands.map { $0.name.split(separator: " ").map(String.init) }
    if let members = group(first) {
      let seconds = names.filter { $0[0] == first && $0.count > 1 }.map { $0[1] }
      guard words.count > 1, !words[1].hasPrefix("-") else {
        return .usage("'\(first)' needs one of its commands: \(seconds.listed)")
      }
      if let close = Suggestion.closest(to: words[1], among: seconds) {
        return .usage(
          "unknown command '\(first) \(words[1])'; did you mean '\(first) \(close)'?")
      }
      return .usage(
        "unknown command '\(first) \(words[1])'; there are "
          + "\(members.map { "'\($0.name)'" }.listed)")
    }
    if let close = Suggestion.closest(to: first, among: names.map { $0[0] }) {
      return .usage("unknown command '\(first)'; did you mean '\(close)'?")
    }
    return .usage("unknown command '\(first)'; 'emojify' alone lists the commands")
  }
}
