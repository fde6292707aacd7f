/// Pictures without an end, for `GET /stream`.
protocol StreamSource: AnyObject, Sendable {
  /// Answers with the pictures from now on.
  func join(_ exchange: Exchange)
  /// Ends all answers.
  func end()
}
