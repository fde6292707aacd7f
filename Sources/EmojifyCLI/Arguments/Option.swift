import FERCore

/// One option of a command, declared once: parser, help and completions read the same value.
struct Option<Root> {
  /// As typed, long name first: `["--output", "-o"]`.
  let names: [String]
  /// `<count>`; nil for a flag.
  let placeholder: String?
  let help: String
  /// What holds if the option is not given; nil shows nothing.
  let defaultText: (Root) -> String?
  /// The closed set of values, if there is one.
  let choices: [String]
  /// Several values may stand with commas between them.
  var isList = false
  /// The heading that help puts it under.
  var section = "Options"
  /// Options of a lower rank hold as if they stood before those of a higher one, which change what they set.
  var rank = Self.lastRank
  static var lastRank: Int { 2 }
  /// The words that would give a command this option's setting; nil where it has nothing to give.
  var words: (Root) -> [String]? = { _ in nil }
  /// Puts the word (nil for a flag) into the command, or throws a usage error.
  let apply: (inout Root, String?) throws -> Void

  var name: String { names[0] }

  /// `word` as one value, or as several where it may be a list.
  func parts(of word: String) -> [Substring] {
    isList ? word.split(separator: ",", omittingEmptySubsequences: false) : [word[...]]
  }
}

extension Option {
  /// An option with a value: `--epochs 30` or `--epochs=30`.
  static func value<Value: ArgumentValue>(
    _ name: String, _ placeholder: String, _ path: WritableKeyPath<Root, Value>,
    in bounds: Bounds<Value>? = nil, short: String? = nil, default note: String? = nil,
    _ help: String
  ) -> Option {
    Option(
      names: [name] + (short.map { [$0] } ?? []), placeholder: placeholder, help: help,
      defaultText: { note ?? $0[keyPath: path].argument }, choices: Value.choices,
      isList: Value.isList,
      words: { root in root[keyPath: path].argument.map { [name, $0] } }
    ) { root, word in
      let word = word ?? ""
      guard let value = Value(argument: word) else {
        throw EmojifyError.usage("\(name) '\(word)' is not valid: expected \(Value.expectation)")
      }
      if let bounds, !bounds.contains(value) {
        throw EmojifyError.usage("\(name) \(word) is out of range: expected \(bounds.phrase)")
      }
      root[keyPath: path] = value
    }
  }

  /// An option with a value that is absent unless given.
  static func value<Value: ArgumentValue>(
    _ name: String, _ placeholder: String, _ path: WritableKeyPath<Root, Value?>,
    in bounds: Bounds<Value>, short: String? = nil, default note: String? = nil, _ help: String
  ) -> Option {
    value(name, placeholder, path, in: bounds.orAbsent, short: short, default: note, help)
  }

  /// An option that may be given again: its values are collected.
  static func collecting(
    _ name: String, _ placeholder: String, _ path: WritableKeyPath<Root, [String]>, _ help: String
  ) -> Option {
    Option(
      names: [name], placeholder: placeholder, help: help, defaultText: { _ in nil }, choices: []
    ) { root, word in root[keyPath: path].append(word ?? "") }
  }

  /// A switch without a value; being given sets `path` to `setting`.
  static func flag(
    _ name: String, _ path: WritableKeyPath<Root, Bool>, sets setting: Bool = true,
    short: String? = nil, _ help: String
  ) -> Option {
    Option(
      names: [name] + (short.map { [$0] } ?? []), placeholder: nil, help: help,
      defaultText: { _ in nil }, choices: [],
      words: { root in root[keyPath: path] == setting ? [name] : nil }
    ) { root, _ in root[keyPath: path] = setting }
  }

  /// The options under one heading of the help text.
  static func section(_ title: String, _ options: [Option]) -> [Option] {
    options.map {
      var option = $0
      option.section = title
      return option
    }
  }
}

/// An argument that is known by its place.
struct Positional<Root> {
  let name: String
  let help: String
  let minimum: Int
  let maximum: Int
  /// What a shell offers in its place.
  var values = CommandOutline.Values.files
  let append: (inout Root, String) -> Void

  static func one(
    _ name: String, _ path: WritableKeyPath<Root, String>,
    values: CommandOutline.Values = .files, _ help: String
  ) -> Positional {
    Positional(name: name, help: help, minimum: 1, maximum: 1, values: values) {
      $0[keyPath: path] = $1
    }
  }

  static func optional(
    _ name: String, _ path: WritableKeyPath<Root, String?>, _ help: String
  ) -> Positional {
    Positional(name: name, help: help, minimum: 0, maximum: 1) { $0[keyPath: path] = $1 }
  }

  static func many(
    _ name: String, _ path: WritableKeyPath<Root, [String]>, atLeast minimum: Int = 1,
    _ help: String
  ) -> Positional {
    Positional(name: name, help: help, minimum: minimum, maximum: .max) {
      $0[keyPath: path].append($1)
    }
  }

  /// `DATA`, `[DATA]`, `PATHS…`.
  var usage: String {
    let shown = maximum > 1 ? "\(name)…" : name
    return minimum == 0 ? "[\(shown)]" : shown
  }
}
