import FERCore
@preconcurrency import Foundation

/// Where words for people go. Results are printed to stdout; everything else passes through here to stderr.
struct Terminal: Sendable {
  /// Notes and progress are wanted.
  let speaks: Bool
  /// What is loaded from where is wanted too.
  let isVerbose: Bool
  /// stderr is a terminal: a line may be redrawn in place.
  let isInteractive: Bool
  /// Columns of the terminal.
  let width: Int
  /// Columns of the terminal that stdout is; nil where it is none.
  let outputWidth: Int?
  private let colorsOutput: Bool
  private let colorsErrors: Bool

  init(
    quiet: Bool = false, verbose: Bool = false, noColor: Bool = false,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    let dumb = environment["TERM"] == "dumb"
    // NO_COLOR counts if present and not empty (no-color.org).
    let colors = !noColor && !dumb && environment["NO_COLOR", default: ""].isEmpty
    speaks = !quiet
    isVerbose = verbose && !quiet
    isInteractive = isatty(STDERR_FILENO) == 1 && !dumb
    colorsOutput = colors && isatty(STDOUT_FILENO) == 1
    colorsErrors = colors && isatty(STDERR_FILENO) == 1
    width = Self.columns(environment, STDERR_FILENO)
    outputWidth =
      isatty(STDOUT_FILENO) == 1 ? Self.columns(environment, STDOUT_FILENO) : nil
  }

  /// A remark on stderr; `--quiet` silences it.
  func note(_ text: String) {
    if speaks { Self.writeToStandardError(text + "\n") }
  }

  /// A remark for those who asked for all of them with `--verbose`, on stderr.
  func detail(_ text: @autoclosure () throws -> String) rethrows {
    if isVerbose { Self.writeToStandardError(styled(try text(), .dim, for: .errors) + "\n") }
  }

  /// A fault that does not end the command, on stderr whatever `--quiet` says.
  func warn(_ text: String) {
    Self.writeToStandardError(styled("emojify: ", .yellow, for: .errors) + text + "\n")
  }

  /// Draws `line` over the line the cursor is on.
  func redraw(_ line: String) {
    if speaks && isInteractive { Self.writeToStandardError("\r\u{1B}[K" + line) }
  }

  enum Style: Int {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
    case cyan = 36
  }

  enum Target { case output, errors }

  /// `text` in a style, or as it is where colours are not wanted.
  func styled(_ text: String, _ style: Style, for target: Target = .output) -> String {
    let wanted = target == .output ? colorsOutput : colorsErrors
    return wanted ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Sends what was printed on its way. Throws `EmojifyError.internalFault` where it cannot go.
  static func flush() throws {
    guard fflush(nil) == 0 else {
      throw EmojifyError.internalFault(
        "cannot write standard output: \(String(cString: strerror(errno)))")
    }
    // What is longer than the buffer was refused earlier, and nothing of it waits any more.
    guard ferror(stdout) == 0 else {
      throw EmojifyError.internalFault("cannot write standard output")
    }
  }

  /// Where this cannot be written (a full disk, a closed descriptor) there is nobody to tell, and the command goes on to its
  /// own exit code.
  static func writeToStandardError(_ text: String) {
    // Where both go to one log, what was printed before stands before it; `flush` tells of a fault.
    fflush(stdout)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }

  private static func columns(_ environment: [String: String], _ descriptor: Int32) -> Int {
    if let text = environment["COLUMNS"], let columns = Int(text), columns > 0 { return columns }
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return 80
  }
}
