/// Pictures without an end, for `GET /stream`.
protocol StreamSource: AnyObject, Sendable {
  /// Answers with the pictures from now on. False where there are too many answers of that kind; this one is still open.
  func join(_ exchange: Exchange) -> Bool
  /// Ends all answers.
  func end()
}
