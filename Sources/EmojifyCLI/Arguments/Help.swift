/// The help texts, written from the same declarations the parser reads.
struct Help {
  /// Where text wraps.
  var width = 100
  /// Who knows which colours are wanted; none without.
  var terminal: Terminal?

  /// As it fits the terminal it goes to; the same everywhere for files and pipes.
  init(for terminal: Terminal) {
    self.terminal = terminal
    width = max(40, min(terminal.outputWidth ?? 100, 100))
  }

  /// Without colours.
  init(width: Int = 100) { self.width = width }

  /// `emojify` alone: what there is.
  func overview(_ commands: [CommandOutline]) -> String {
    let start = [
      ("emojify train fer2013.csv", "train a network and save it"),
      ("emojify eval --confusion", "how good the newest one is"),
      ("emojify predict photo.jpg --emoji", "label the faces of a photo"),
    ]
    var lines = ["emojify turns facial expressions into emotions and emoji."]
    lines += ["", heading("Usage:") + " emojify <command> [options]"]
    lines += ["", heading("Start here:")] + rows(start)
    lines += ["", heading("Commands:")] + rows(commands.map { ($0.name, $0.summary) })
    let more =
      "'emojify help <command>' shows a command's examples and options; 'emojify --version' the version."
    return (lines + [""] + Self.wrap(more, width: width)).joined(separator: "\n")
  }

  /// A group of commands, such as `dataset`.
  func group(_ word: String, _ commands: [CommandOutline]) -> String {
    let lines = [
      heading("Usage:") + " emojify \(word) <command> [options]", "", heading("Commands:"),
    ]
    return (lines + rows(commands.map { ($0.name, $0.summary) })).joined(separator: "\n")
  }

  /// What `emojify help NAME` prints: examples first, then every option with its default.
  func text(of command: CommandOutline) -> String {
    var lines = Self.wrap("emojify \(command.name): \(command.summary)", width: width)
    lines[0] = lines[0].replacing(
      "emojify \(command.name):", with: heading("emojify \(command.name):"), maxReplacements: 1)
    if !command.examples.isEmpty {
      lines += ["", heading("Examples:")]
      for example in command.examples {
        lines.append("  " + name(example.line))
        lines += Self.wrap(example.meaning, width: width - 6).map { "      " + $0 }
      }
    }
    lines += ["", heading("Usage:") + " " + command.usage]
    if !command.discussion.isEmpty { lines += [""] + Self.wrap(command.discussion, width: width) }
    if !command.arguments.isEmpty {
      lines += ["", heading("Arguments:")] + rows(command.arguments.map { ($0.name, $0.help) })
    }
    // One column for all sections: the options line up down the page.
    let column = firstColumn(command.options.map(\.usage))
    for section in command.sections {
      lines += ["", heading(section.title + ":")]
      lines += rows(section.options.map { ($0.usage, $0.text) }, column: column)
    }
    return lines.joined(separator: "\n")
  }

  private func heading(_ text: String) -> String { terminal?.styled(text, .bold) ?? text }

  private func name(_ text: String) -> String { terminal?.styled(text, .cyan) ?? text }

  /// The widest name that leaves its text room beside it.
  private func firstColumn(_ names: [String]) -> Int {
    names.map(\.displayWidth).filter { $0 <= min(34, width / 2 - 4) }.max() ?? 0
  }

  /// Rows of a name and a text that wraps in the second column; a name too wide for the first has a line of its own.
  private func rows(_ rows: [(String, String)], column: Int? = nil) -> [String] {
    let column = column ?? firstColumn(rows.map(\.0))
    let indent = String(repeating: " ", count: column + 4)
    return rows.flatMap { first, text -> [String] in
      let wrapped = Self.wrap(text, width: width - indent.count)
      let padding = column + 2 - first.displayWidth
      guard padding >= 2 else { return ["  " + name(first)] + wrapped.map { indent + $0 } }
      let opening = "  " + name(first) + String(repeating: " ", count: padding)
      return [opening + (wrapped.first ?? "")] + wrapped.dropFirst().map { indent + $0 }
    }
  }

  /// Lines of at most `width` columns; a longer word has its own.
  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.displayWidth + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - displayWidth))
  }
}
