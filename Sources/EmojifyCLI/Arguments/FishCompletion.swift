/// Completions for fish: each option with its explanation.
struct FishCompletion {
  let commands: [CommandOutline]

  var text: String {
    let seconds = groups.map { group in
      let condition = "test (__emojify_command) = \(group.word)"
      return group.commands.map { line(condition, "-a \($0.words[1])", $0.summary) }
    }
    let first = "test -z (__emojify_command)"
    var lines = commands.groups.map { group in
      let summary =
        group.commands.count == 1
        ? group.commands[0].summary : group.commands.map { $0.words[1] }.listed + "."
      return line(first, "-a \(group.word)", summary)
    }
    lines.append(line(first, "-a help", "Show a command's examples and options."))
    lines.append(line(first, "-l version", "Print the version."))
    lines.append(line(first, "-s h -l help", "Show what there is."))
    lines += seconds.joined()
    lines += commands.flatMap(completions)
    return """
      # fish completion for emojify; written by 'emojify completions fish'.

      # The command that is typed already, with its second word if it has one.
      function __emojify_command
          set -l words (commandline -opc)
          set -e words[1]
          if test "$words[1]" = help
              set -e words[1]
          end
          switch "$words[1]"
              case \(groups.map(\.word).joined(separator: " "))
                  echo (string join ' ' $words[1..2])
              case '*'
                  echo "$words[1]"
          end
      end

      complete -c emojify -f
      \(lines.joined(separator: "\n"))

      """
  }

  private var groups: [(word: String, commands: [CommandOutline])] {
    commands.groups.filter { $0.commands[0].words.count > 1 }
  }

  private func line(_ condition: String, _ what: String, _ help: String) -> String {
    "complete -c emojify -n \(Self.quote(condition)) \(what) -d \(Self.quote(help.withoutFullStop))"
  }

  private func completions(_ command: CommandOutline) -> [String] {
    let condition = "test (__emojify_command) = \(Self.quote(command.name))"
    var lines = command.options.map { option in
      let names = option.names.map { name in
        name.hasPrefix("--") ? "-l \(name.dropFirst(2))" : "-s \(name.dropFirst())"
      }
      let value = option.placeholder == nil ? "" : " " + takes(option.values)
      return line(condition, names.joined(separator: " ") + value, option.help)
    }
    if let argument = command.arguments.last {
      switch argument.values {
      case .anything: break
      case .files: lines.append("complete -c emojify -n \(Self.quote(condition)) -F")
      case .wordsOrFiles(let words):
        lines.append("complete -c emojify -n \(Self.quote(condition)) -F")
        lines.append(
          line(condition, "-a \(Self.quote(words.joined(separator: " ")))", argument.name))
      case .words(let words), .list(let words):
        lines.append(
          line(condition, "-a \(Self.quote(words.joined(separator: " ")))", argument.name))
      case .folders:
        lines.append(line(condition, "-a '(__fish_complete_directories)'", argument.name))
      }
    }
    return lines
  }

  private func takes(_ values: CommandOutline.Values) -> String {
    switch values {
    case .anything: "-x"
    case .files: "-r -F"
    case .folders: "-x -a '(__fish_complete_directories)'"
    case .words(let words): "-x -a \(Self.quote(words.joined(separator: " ")))"
    case .wordsOrFiles(let words): "-r -F -a \(Self.quote(words.joined(separator: " ")))"
    case .list(let words):
      "-x -a \(Self.quote("(__fish_append , \(words.joined(separator: " ")))"))"
    }
  }

  private static func quote(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
