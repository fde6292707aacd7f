/// Completions for zsh: each option with its explanation.
struct ZshCompletion {
  let commands: [CommandOutline]

  var text: String {
    """
    #compdef emojify
    # zsh completion for emojify; written by 'emojify completions zsh'.

    _emojify_commands() {
      local -a commands=(
    \(described(commands.groups.map { ($0.word, summary($0.commands)) } + extra))
      )
      _describe -t commands command commands
    }

    _emojify() {
      if (( CURRENT == 2 )); then
        _emojify_commands
        return
      fi
      if [[ $words[2] == help ]]; then
        shift words
        (( CURRENT -= 1 ))
        (( CURRENT == 2 )) && _emojify_commands
        (( CURRENT == 3 )) && _emojify_members
        return
      fi
      _emojify_members && return
      local name=$words[2]
      if [[ $name == (\(groups.map(\.word).joined(separator: "|"))) ]]; then
        name="$words[2] $words[3]"
        shift words
        (( CURRENT -= 1 ))
      fi
      shift words
      (( CURRENT -= 1 ))
      case $name in
    \(commands.map(arguments).joined(separator: "\n"))
      esac
    }

    # The second words of a command that has some.
    _emojify_members() {
      (( CURRENT == 3 )) || return 1
      local -a members
      case $words[2] in
    \(members)
        (*) return 1 ;;
      esac
      _describe -t commands command members
      return 0
    }

    if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
      _emojify "$@"
    else
      compdef _emojify emojify
    fi

    """
  }

  private let extra = [("help", "Show a command's examples and options.")]

  private var groups: [(word: String, commands: [CommandOutline])] {
    commands.groups.filter { $0.commands[0].words.count > 1 }
  }

  private var members: String {
    groups.map { group in
      """
          (\(group.word))
            members=(
      \(described(group.commands.map { ($0.words[1], $0.summary) }))
            ) ;;
      """
    }.joined(separator: "\n")
  }

  private func summary(_ commands: [CommandOutline]) -> String {
    commands.count == 1
      ? commands[0].summary : commands.map { $0.words[1] }.listed + "."
  }

  private func arguments(_ command: CommandOutline) -> String {
    var specs = command.options.flatMap { option in
      option.names.map { name in
        let help = "[\(Self.escape(option.help.withoutFullStop, "[]:"))]"
        guard let placeholder = option.placeholder else { return name + help }
        let takes = name.hasPrefix("--") ? "=" : ""
        return
          "\(name)\(takes)\(help):\(placeholder.dropFirst().dropLast()):\(action(option.values))"
      }
    }
    specs += command.arguments.enumerated().map { index, argument in
      let isLast = index == command.arguments.count - 1
      return "\(isLast ? "*" : String(index + 1)):\(argument.name):\(action(argument.values))"
    }
    let lines = specs.map { "      \(Self.quote($0))" }.joined(separator: " \\\n")
    return "    (\(Self.quote(command.name)))\n      _arguments -s \\\n\(lines) ;;"
  }

  private func action(_ values: CommandOutline.Values) -> String {
    switch values {
    case .anything: " "
    case .files: "_files"
    case .folders: "_files -/"
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .list(let words): "_values -s , value \(words.joined(separator: " "))"
    case .wordsOrFiles(let words):
      // A leading space: without it zsh puts options of its own in front.
      " _alternative \"words:name:(\(words.joined(separator: " ")))\" \"files:file:_files\""
    }
  }

  private func described(_ rows: [(String, String)]) -> String {
    rows.map { "    " + Self.quote("\($0.0):\(Self.escape($0.1.withoutFullStop, ":"))") }
      .joined(separator: "\n")
  }

  private static func escape(_ text: String, _ special: String) -> String {
    text.reduce(into: "") { $0 += (special.contains($1) ? "\\" : "") + String($1) }
  }

  private static func quote(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
