/// What the outside world can get wrong, sorted by who has to act. Every message is one line that names the file, the
/// place, what was expected and what was found.
public enum EmojifyError: Error, Equatable, CustomStringConvertible {
  /// The command line asks for something that does not exist or is out of range: exit 64.
  case usage(String)
  /// A file or a value in it is not what its format says: exit 65.
  case badData(String)
  /// A file, folder or device that was named is not there or cannot be opened: exit 66.
  case missingInput(String)
  /// The program or the system failed: exit 70.
  case internalFault(String)

  public var description: String {
    switch self {
    case .usage(let message), .badData(let message), .missingInput(let message),
      .internalFault(let message):
      Self.oneLine(message)
    }
  }

  /// Names come from files too: what would move the cursor or begin a line is shown as U+FFFD.
  private static func oneLine(_ message: String) -> String {
    func isPlain(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
    guard !message.unicodeScalars.allSatisfy(isPlain) else { return message }
    var line = String.UnicodeScalarView()
    line.append(contentsOf: message.unicodeScalars.map { isPlain($0) ? $0 : "\u{FFFD}" })
    return String(line)
  }

  /// Runs `body`; what it finds wrong with data is told of `subject`, a file's name.
  public static func naming<Result>(
    _ subject: String, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch EmojifyError.badData(let message) {
      throw EmojifyError.badData("\(subject): \(message)")
    }
  }

  /// The process exit code, as in BSD's `sysexits.h`.
  public var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .badData: 65
    case .missingInput: 66
    case .internalFault: 70
    }
  }
}
