/// What a command declares, as data: help, manual pages and completions are written from it.
struct CommandOutline {
  struct Argument {
    let name: String
    /// `DATA`, `[DATA]`, `PATHS…`.
    let usage: String
    let help: String
    let values: Values
  }

  struct Option {
    /// As typed, long name first.
    let names: [String]
    /// `<count>`; nil for a flag.
    let placeholder: String?
    let help: String
    let section: String
    let choices: [String]
    let defaultText: String?
    let values: Values

    /// `--output, -o <file>`.
    var usage: String { names.joined(separator: ", ") + (placeholder.map { " " + $0 } ?? "") }

    /// The help with the choices and the default.
    var text: String {
      var text = help
      if !choices.isEmpty { text += " One of: \(choices.joined(separator: ", "))." }
      if let defaultText { text += " (default: \(defaultText))" }
      return text
    }
  }

  /// What may follow, for a shell that completes it.
  enum Values: Equatable {
    /// A number, or words nobody can list.
    case anything
    case files, folders
    case words([String])
    /// Several with commas between them.
    case list([String])
    case wordsOrFiles([String])

    var arePaths: Bool { self == .files || self == .folders }
  }

  let name: String
  let summary: String
  let discussion: String
  let examples: [Example]
  let arguments: [Argument]
  let options: [Option]

  /// `train`; `dataset`, `draw`.
  var words: [String] { name.split(separator: " ").map(String.init) }
  var usage: String {
    (["emojify", name] + arguments.map(\.usage) + ["[options]"]).joined(separator: " ")
  }
  /// Neighbouring options of one heading together, in their order.
  var sections: [(title: String, options: [Option])] {
    options.reduce(into: []) { sections, option in
      if sections.last?.title != option.section { sections.append((option.section, [])) }
      sections[sections.count - 1].options.append(option)
    }
  }
}

extension Command {
  static var outline: CommandOutline {
    let defaults = Self()
    return CommandOutline(
      name: name, summary: summary, discussion: discussion, examples: examples,
      arguments: positionals.map { positional in
        CommandOutline.Argument(
          name: positional.name, usage: positional.usage, help: positional.help,
          values: positional.values)
      },
      options: allOptions.map { option in
        CommandOutline.Option(
          names: option.names, placeholder: option.placeholder, help: option.help,
          section: option.section, choices: option.choices,
          defaultText: option.defaultText(defaults), values: option.values)
      })
  }
}

extension Option {
  /// What a shell offers for the value.
  var values: CommandOutline.Values {
    if !choices.isEmpty { return isList ? .list(choices) : .words(choices) }
    switch placeholder {
    case "<path>", "<models>", "<device>": return .files
    case let placeholder? where placeholder.hasPrefix("<file"): return .files
    case "<folder>", "<run>": return .folders
    default: return .anything
    }
  }
}

extension [CommandOutline] {
  /// The first words there are, each with its commands: `dataset` has several.
  var groups: [(word: String, commands: [CommandOutline])] {
    reduce(into: []) { groups, command in
      if groups.last?.word != command.words[0] { groups.append((command.words[0], [])) }
      groups[groups.count - 1].commands.append(command)
    }
  }
}
