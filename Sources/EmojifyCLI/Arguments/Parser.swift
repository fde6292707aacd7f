import FERCore

extension Command {
  /// The command that `words`, what follows its name, describe. Throws `EmojifyError.usage`, or `HelpRequest`.
  static func parse(_ words: [String], among commands: [any Command.Type] = []) throws -> Self {
    var command = Self()
    var arguments: [String] = []
    var rest = words[...]
    var uses: [(option: Option<Self>, value: String?)] = []
    let options = allOptions

    while let word = rest.popFirst() {
      if word == "--" {
        arguments += rest
        break
      }
      guard word.hasPrefix("-"), word.count > 1 else {
        arguments.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let option = options.first(where: { $0.names.contains(name) }) else {
        throw unknown(name, among: commands)
      }
      command.common.given.append(option.name)
      var value = parts.count == 2 ? String(parts[1]) : nil
      if let placeholder = option.placeholder {
        if value == nil {
          guard let next = rest.first, !looksLikeOption(next) else {
            throw EmojifyError.usage("\(name) needs a value: \(name) \(placeholder)")
          }
          rest.removeFirst()
          value = next
        }
        // An empty path is the current folder: a script's unset variable would have it read or written.
        if option.values.arePaths, let value, option.parts(of: value).contains("") {
          throw EmojifyError.usage(
            "\(name) '\(value)' is not valid: expected \(placeholder), found nothing")
        }
      } else if value != nil {
        throw EmojifyError.usage("\(name) takes no value")
      }
      uses.append((option, value))
      try command.apply(uses)
    }
    try command.assign(arguments)
    try command.atMostOne(of: "--quiet", "--verbose")
    try command.validate()
    return command
  }

  /// Applies the last of `uses`; where one before it ranks behind it, all of them anew.
  private mutating func apply(_ uses: [(option: Option<Self>, value: String?)]) throws {
    guard let last = uses.last else { return }
    guard uses.contains(where: { $0.option.rank > last.option.rank }) else {
      return try last.option.apply(&self, last.value)
    }
    let common = common
    self = Self()
    self.common = common
    for rank in 0...Option<Self>.lastRank {
      for use in uses where use.option.rank == rank { try use.option.apply(&self, use.value) }
    }
  }

  private mutating func assign(_ arguments: [String]) throws {
    var rest = arguments[...]
    for positional in Self.positionals {
      let taken = rest.prefix(positional.maximum)
      guard taken.count >= positional.minimum else {
        throw EmojifyError.usage(
          "\(Self.name) needs \(positional.name): \(positional.help.asClause); "
            + "see 'emojify \(Self.name) --help'")
      }
      for word in taken {
        guard !word.isEmpty else {
          throw EmojifyError.usage(
            "\(positional.name) '' is not valid: expected a word that is not empty; "
              + "see 'emojify \(Self.name) --help'")
        }
        positional.append(&self, word)
      }
      rest = rest.dropFirst(taken.count)
    }
    if let extra = rest.first {
      throw EmojifyError.usage(
        "\(Self.name) has no use for '\(extra)'; see 'emojify \(Self.name) --help'")
    }
  }

  private static func unknown(_ name: String, among commands: [any Command.Type]) -> EmojifyError {
    let owners = commands.filter { $0.optionNames.contains(name) }.map { "'emojify \($0.name)'" }
    if !owners.isEmpty {
      return .usage("\(name) is not an option of '\(Self.name)' but of \(owners.listed)")
    }
    guard let close = Suggestion.closest(to: name, among: optionNames) else {
      return .usage("unknown option '\(name)'; see 'emojify \(Self.name) --help'")
    }
    return .usage("unknown option '\(name)'; did you mean '\(close)'?")
  }

  /// A following word that is an option rather than a value; `-1`, `-1..1` and `-` are values.
  private static func looksLikeOption(_ word: String) -> Bool {
    guard word.hasPrefix("-"), let next = word.dropFirst().first else { return false }
    return Double(word) == nil && !next.isNumber
  }
}

extension String {
  /// A help sentence as part of another: without its capital and full stop.
  fileprivate var asClause: String {
    let text = hasSuffix(".") ? String(dropLast()) : self
    let firstWord = text.prefix { $0 != " " }
    guard firstWord.dropFirst().allSatisfy(\.isLowercase) else { return text }
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}

extension [String] {
  /// `a`, `a and b`, `a, b and c`.
  var listed: String {
    guard count > 1, let last else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " and " + last
  }
}
