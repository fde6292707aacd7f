/// Thrown by a command that has said all there is to say and ends with a code of its own.
struct EarlyEnd: Error {
  let exitCode: Int32
  /// Ctrl-C, as a shell reports it: 128 + SIGINT.
  static let interrupted = EarlyEnd(exitCode: 130)
}
