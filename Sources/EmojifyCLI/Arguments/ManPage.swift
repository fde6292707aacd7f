/// Manual pages in roff's man macros, section 1.
struct ManPage {
  let version: String

  /// `emojify.1`: the program, its commands and what all of them share.
  func overview(_ commands: [CommandOutline]) -> String {
    var page = title("emojify") + section("NAME")
    page += [Self.escape("emojify - facial expressions to emotions and emoji")]
    page += section("SYNOPSIS") + [".B emojify", ".I command", Self.escape("[options]")]
    page += section("EXAMPLES")
    page += example("emojify train fer2013.csv", "Train a network and save it.")
    page += example("emojify eval --confusion", "How good the newest one is.")
    page += example("emojify predict photo.jpg --emoji", "Label the faces of a photo.")
    page += section("COMMANDS")
    for command in commands {
      page += [".TP", ".BR " + Self.escape(command.pageName).replacing(" ", with: "\\ ") + " (1)"]
      page += [Self.escape(command.summary)]
    }
    page += section("EXIT STATUS")
    for (code, meaning) in Self.exitCodes {
      page += [".TP", ".B \(code)", Self.escape(meaning)]
    }
    page += section("ENVIRONMENT")
    for (name, meaning) in Self.variables {
      page += [".TP", ".B " + Self.escape(name), Self.escape(meaning)]
    }
    page += section("FILES")
    for (name, meaning) in Self.files {
      page += [".TP", ".I " + Self.escape(name), Self.escape(meaning)]
    }
    return page.joined(separator: "\n") + "\n"
  }

  /// `emojify-train.1`: one command.
  func page(_ command: CommandOutline) -> String {
    var page = title(command.pageName) + section("NAME")
    page += [Self.escape("\(command.pageName) - \(command.summary.withoutFullStop)")]
    page += section("SYNOPSIS") + [".B " + Self.escape("emojify \(command.name)")]
    page += [Self.escape((command.arguments.map(\.usage) + ["[options]"]).joined(separator: " "))]
    if !command.examples.isEmpty {
      page += section("EXAMPLES")
      for given in command.examples { page += example(given.line, given.meaning) }
    }
    if !command.discussion.isEmpty {
      page += section("DESCRIPTION") + [Self.escape(command.discussion)]
    }
    if !command.arguments.isEmpty {
      page += section("ARGUMENTS")
      for argument in command.arguments {
        page += [".TP", ".I " + Self.escape(argument.name), Self.escape(argument.help)]
      }
    }
    for (heading, options) in command.sections {
      page += section(heading.uppercased())
      for option in options {
        let names = option.names.map { "\\fB" + Self.escape($0) + "\\fR" }.joined(separator: ", ")
        let value = option.placeholder.map { " \\fI" + Self.escape($0) + "\\fR" } ?? ""
        page += [".TP", names + value, Self.escape(option.text)]
      }
    }
    page += section("SEE ALSO") + [".BR emojify (1)"]
    return page.joined(separator: "\n") + "\n"
  }

  /// No date: the same sources give the same page.
  private func title(_ name: String) -> [String] {
    let title = Self.escape(name.uppercased())
    return [
      ".\\\" Written by 'emojify man'; do not edit.",
      ".TH \(title) 1 \"\" \"emojify \(version)\" \"emojify\"",
      ".nh", ".ad l",  // names are not hyphenated, columns not stretched
    ]
  }

  private func section(_ name: String) -> [String] {
    [".SH " + (name.contains(" ") ? "\"\(Self.escape(name))\"" : Self.escape(name))]
  }

  private func example(_ line: String, _ meaning: String) -> [String] {
    [".TP", "\\fB" + Self.escape(line) + "\\fR", Self.escape(meaning)]
  }

  /// Text that roff prints as it is: backslashes, hyphens and quotes as themselves (a plain `-` may become a
  /// typographic one, which nobody can paste into a shell), other characters by their code points, and no control
  /// character at the beginning of a line.
  static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "'": escaped += "\\(aq"
      case "\"": escaped += "\\(dq"
      case "^": escaped += "\\(ha"
      case "~": escaped += "\\(ti"
      case "`": escaped += "\\(ga"
      case "\n": escaped += " "
      case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
      default:
        let code = String(scalar.value, radix: 16, uppercase: true)
        escaped += "\\[u" + String(repeating: "0", count: max(0, 4 - code.count)) + code + "]"
      }
    }
    return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
  }

  private static let exitCodes = [
    (0, "Done."),
    (1, "Compared, and not the same; calibrated, and nothing is better than chance."),
    (64, "The command line asks for something that does not exist or is out of range."),
    (65, "A file is not what its format says."),
    (66, "A file is missing, or cannot be read or written."),
    (70, "The program or the system failed."), (130, "Interrupted."),
  ]
  private static let variables = [
    ("EMOJIFY_MODEL", "The model file to use where --model names none."),
    ("EMOJIFY_SHARE", "The folder with emojis/ and models/, instead of the installed one."),
    ("EMOJIFY_CASCADE_DIR", "The folder with OpenCV's face detector, instead of the system's."),
    ("EMOJIFY_TOKEN", "The token that serve asks for, where --token names none."),
    ("NO_COLOR", "If not empty: no colours."), ("COLUMNS", "The width of the terminal."),
  ]
  private static let files = [
    (
      "runs/DATE-ARCHITECTURE/",
      "What train leaves in the current folder: networks and history. After --init-weights alone it is runs/DATE-tuned/."
    ),
    ("../share/emojify/", "Beside the program's folder: the bundled network and the emoji."),
  ]
}

extension CommandOutline {
  /// `emojify-dataset-draw`.
  var pageName: String { "emojify-" + words.joined(separator: "-") }
}

extension String {
  var withoutFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
