/// Completions for bash 4.2 and later: one function that knows the whole table.
struct BashCompletion {
  let commands: [CommandOutline]

  var text: String {
    """
    # bash completion for emojify; written by 'emojify completions bash'.

    # Offers the words in $1 that continue $current.
    _emojify_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }

    # The same for the last of several values with commas between them.
    _emojify_list() {
      local before=""
      [[ $current == *,* ]] && before="${current%,*},"
      mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${current##*,}")
      compopt -o nospace 2>/dev/null
    }

    _emojify_files() {
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
    }

    _emojify() {
      local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
      local command="${COMP_WORDS[1]}" first=2
      COMPREPLY=()
      # bash cuts --name=value at the sign.
      if [[ $current == "=" ]]; then
        current=""
      elif [[ $previous == "=" ]]; then
        previous="${COMP_WORDS[COMP_CWORD-2]}"
      fi
      if ((COMP_CWORD == 1)); then
        _emojify_words \(quoted(firstWords + ["help", "--help", "--version"]))
        return
      fi
      if [[ $command == help ]]; then
        ((COMP_CWORD == 2)) && { _emojify_words \(quoted(firstWords)); return; }
        ((COMP_CWORD == 3)) || return
        command="${COMP_WORDS[2]}" first=3
      fi
      case $command in
    \(groups)
      esac
      [[ ${COMP_WORDS[1]} == help ]] && return
      case "$command $previous" in
    \(values)
      esac
      case $command in
    \(rest)
      esac
    }

    complete -F _emojify emojify

    """
  }

  private var firstWords: [String] { commands.groups.map(\.word) }

  /// `dataset` has a second word.
  private var groups: String {
    commands.groups.filter { $0.commands[0].words.count > 1 }.map { group in
      let seconds = quoted(group.commands.map { $0.words[1] })
      return """
            \(group.word))
              ((COMP_CWORD == first)) && { _emojify_words \(seconds); return; }
              command="$command ${COMP_WORDS[first]}"
              ;;
        """
    }.joined(separator: "\n")
  }

  /// What follows an option that takes a value.
  private var values: String {
    commands.flatMap { command in
      let options = command.options.filter { $0.placeholder != nil }
      return Dictionary(grouping: options) { offer($0.values) }.sorted { $0.key < $1.key }.map {
        offer, options in
        let cases = options.flatMap(\.names).map { "\"\(command.name) \($0)\"" }
        return "    \(cases.joined(separator: " | "))) \(offer) return ;;"
      }
    }.joined(separator: "\n")
  }

  /// Options where a dash was typed, else the command's arguments.
  private var rest: String {
    commands.map { command in
      let options = quoted(command.options.flatMap(\.names).filter { $0.hasPrefix("--") })
      // The last argument may come several times; positions are not counted.
      let argument = command.arguments.last.map { offer($0.values) } ?? ""
      return """
            "\(command.name)")
              if [[ $current == -* ]]; then _emojify_words \(options); else \(argument.isEmpty ? ":;" : argument) fi
              ;;
        """
    }.joined(separator: "\n")
  }

  private func offer(_ values: CommandOutline.Values) -> String {
    switch values {
    case .anything: ""
    case .files: "_emojify_files -f;"
    case .folders: "_emojify_files -d;"
    case .words(let words): "_emojify_words \(quoted(words));"
    case .list(let words): "_emojify_list \(quoted(words));"
    case .wordsOrFiles(let words):
      "_emojify_files -f; mapfile -O ${#COMPREPLY[@]} -t COMPREPLY "
        + "< <(compgen -W \(quoted(words)) -- \"$current\");"
    }
  }

  /// Choices and option names: letters, digits and dashes only.
  private func quoted(_ words: [String]) -> String { "\"" + words.joined(separator: " ") + "\"" }
}
