import Testing

@testable import FERCore

@Suite struct EmojifyErrorTests {
  @Test(arguments: [
    ("a\nb", "a\u{FFFD}b"), ("\u{1B}[2J", "\u{FFFD}[2J"),
    ("a\u{0}\r\n", "a\u{FFFD}\u{FFFD}\u{FFFD}"),
    ("\u{2028}\u{85}", "\u{FFFD}\u{FFFD}"), ("größer 😄: 'é'", "größer 😄: 'é'"), ("", ""),
  ])
  func aMessageIsOneLine(message: String, line: String) {
    #expect(EmojifyError.badData(message).description == line)
    #expect(EmojifyError.usage(message).description == line)
  }
}
