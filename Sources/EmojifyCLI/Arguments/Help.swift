/// The help texts, written from the same declarations the parser reads.
enum Help {
  /// `emojify` alone: what there is.
  static func overview(_ commands: [any Command.Type]) -> String {
    var lines = [
      "emojify turns facial expressions into emotions and emoji.", "",
      "Usage: emojify <command> [options]", "", "Start here:",
      "  emojify train fer2013.csv            train a network and save it",
      "  emojify eval --confusion             how good the newest one is",
      "  emojify predict photo.jpg --emoji    label the faces of a photo", "", "Commands:",
    ]
    lines += twoColumns(commands.map { ($0.name, $0.summary) })
    lines += [
      "",
      "'emojify help <command>' shows a command's examples and options; "
        + "'emojify --version' the version.",
    ]
    return lines.joined(separator: "\n")
  }

  /// A group of commands, such as `dataset`.
  static func group(_ word: String, _ commands: [any Command.Type]) -> String {
    let lines = ["Usage: emojify \(word) <command> [options]", "", "Commands:"]
    return (lines + twoColumns(commands.map { ($0.name, $0.summary) })).joined(separator: "\n")
  }

  /// Rows of a name and a text that wraps in the second column.
  static func twoColumns(_ rows: [(String, String)], width: Int = 100) -> [String] {
    let widest = rows.map(\.0.count).filter { $0 <= 30 }.max() ?? 0
    return rows.flatMap { name, text -> [String] in
      let indent = String(repeating: " ", count: widest + 4)
      let wrapped = wrap(text, width: width - indent.count)
      guard name.count <= widest else { return ["  " + name] + wrapped.map { indent + $0 } }
      let padded = "  " + name + String(repeating: " ", count: widest + 2 - name.count)
      return [padded + (wrapped.first ?? "")] + wrapped.dropFirst().map { indent + $0 }
    }
  }

  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension Command {
  /// What `emojify help NAME` prints: examples first, then every option with its default.
  static var helpText: String {
    var lines = ["emojify \(name): \(summary)"]
    if !examples.isEmpty {
      lines += ["", "Examples:"]
      for example in examples { lines += ["  \(example.line)", "      \(example.meaning)"] }
    }
    let usage = ["emojify", name] + positionals.map(\.usage) + ["[options]"]
    lines += ["", "Usage: " + usage.joined(separator: " ")]
    if !discussion.isEmpty { lines += [""] + Help.wrap(discussion, width: 100) }
    if !positionals.isEmpty {
      lines += ["", "Arguments:"]
      lines += Help.twoColumns(positionals.map { ($0.name, $0.help) })
    }
    let defaults = Self()
    var sections: [(title: String, rows: [(String, String)])] = []
    for option in allOptions {
      if sections.last?.title != option.section { sections.append((option.section, [])) }
      sections[sections.count - 1].rows.append((option.usage, option.text(defaults)))
    }
    // One column for all sections: the options line up down the page.
    let widest = sections.flatMap(\.rows).map(\.0.count).filter { $0 <= 30 }.max() ?? 0
    for section in sections {
      let rows = section.rows.map { ($0.0.padded(to: $0.0.count > 30 ? 0 : widest), $0.1) }
      lines += ["", section.title + ":"] + Help.twoColumns(rows)
    }
    return lines.joined(separator: "\n")
  }
}

extension Option {
  /// `--output, -o <file>`.
  var usage: String {
    names.joined(separator: ", ") + (placeholder.map { " " + $0 } ?? "")
  }

  fileprivate func text(_ defaults: Root) -> String {
    var text = help
    if !choices.isEmpty { text += " One of: \(choices.joined(separator: ", "))." }
    if let shown = defaultText(defaults) { text += " (default: \(shown))" }
    return text
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - displayWidth))
  }
}
