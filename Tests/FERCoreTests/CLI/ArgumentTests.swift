import Testing

@testable import EmojifyCLI
@testable import FERCore

private enum Speed: String, ArgumentChoice { case slow, fast }

private struct Sample: Command {
  static let name = "sample"
  static let summary = "Try the parser."
  static let examples = [Example("emojify sample x", "Tries it.")]
  static var positionals: [Positional<Self>] {
    [.one("DATA", \.data, "A folder."), .optional("MORE", \.more, "Another folder.")]
  }
  static var options: [Option<Self>] {
    [
      .value("--epochs", "<count>", \.epochs, in: .atLeast(1), "Passes."),
      .value("--rate", "<number>", \.rate, in: .above(0), "Step."),
      .value("--share", "<share>", \.share, in: .between(0, 1), "Part."),
      .value("--speed", "<word>", \.speed, "How fast."),
      .value("--words", "<list>", \.words, "Some words."),
      .value("--clip", "<norm>", \.clip, in: .above(0), "Limit."),
      .value("--output", "<file>", \.output, short: "-o", "Where to."),
      .flag("--json", \.json, "As JSON."),
      .flag("--no-detect", \.detect, sets: false, "Whole images."),
    ]
  }
  var common = CommonOptions()
  var data = ""
  var more: String?
  var epochs = 30
  var rate: Float = 0.5
  var share = 0.25
  var speed = Speed.fast
  var words: [String] = []
  var clip: Float?
  var output: String?
  var json = false
  var detect = true
  func run(_ terminal: Terminal) throws {}
}

private struct Other: Command {
  static let name = "other"
  static let summary = "Another command."
  static let examples: [Example] = []
  static var options: [Option<Self>] { [.flag("--tta", \.tta, "Twice.")] }
  var common = CommonOptions()
  var tta = false
  func run(_ terminal: Terminal) throws {}
}

private func parse(_ words: String...) throws -> Sample {
  try Sample.parse(words, among: [Sample.self, Other.self])
}

@Suite struct ArgumentTests {
  @Test func valuesAreReadInEitherSpelling() throws {
    let sample = try parse(
      "--epochs", "3", "a", "--rate=1e-3", "--speed=slow", "--words", "x,y", "--clip", "5",
      "-o", "out=1.csv", "--json", "--no-detect", "b")
    #expect(sample.data == "a" && sample.more == "b")
    #expect(sample.epochs == 3 && sample.rate == 1e-3 && sample.speed == .slow)
    #expect(sample.words == ["x", "y"] && sample.clip == 5 && sample.output == "out=1.csv")
    #expect(sample.json && !sample.detect)
  }

  @Test func afterTwoDashesEverythingIsAnArgument() throws {
    let sample = try parse("--", "--epochs", "-h")
    #expect(sample.data == "--epochs" && sample.more == "-h")
  }

  @Test func aSingleDashAndNegativeNumbersAreValues() throws {
    #expect(try parse("-").data == "-")
    #expect(throws: EmojifyError.usage("--epochs -1 is out of range: expected 1 or more")) {
      try parse("a", "--epochs", "-1")
    }
  }

  @Test(arguments: [
    (["a", "--epochs", "0"], "--epochs 0 is out of range: expected 1 or more"),
    (["a", "--rate", "0"], "--rate 0 is out of range: expected more than 0"),
    (["a", "--share", "1.5"], "--share 1.5 is out of range: expected 0 to 1"),
    (["a", "--clip", "0"], "--clip 0 is out of range: expected more than 0"),
    (["a", "--epochs", "x"], "--epochs 'x' is not valid: expected a whole number"),
    (["a", "--rate", "nan"], "--rate 'nan' is not valid: expected a number"),
    (["a", "--speed", "warp"], "--speed 'warp' is not valid: expected one of slow, fast"),
    (["a", "--epochs"], "--epochs needs a value: --epochs <count>"),
    (["a", "--epochs", "--json"], "--epochs needs a value: --epochs <count>"),
    (["a", "--json=1"], "--json takes no value"),
    (["a", "--epoch", "3"], "unknown option '--epoch'; did you mean '--epochs'?"),
    (["a", "--sh", "3"], "unknown option '--sh'; see 'emojify sample --help'"),
    (["a", "--tta"], "--tta is not an option of 'sample' but of 'emojify other'"),
    ([], "sample needs DATA: a folder; see 'emojify sample --help'"),
    (["a", "b", "c"], "sample has no use for 'c'; see 'emojify sample --help'"),
  ])
  func usageErrorsAreOneExactLine(words: [String], message: String) {
    #expect(throws: EmojifyError.usage(message)) {
      try Sample.parse(words, among: [Sample.self, Other.self])
    }
  }

  @Test func helpWinsOverWhatIsWrongAfterIt() {
    #expect(throws: HelpRequest.self) { try parse("--help", "--nonsense") }
  }

  @Test func helpShowsExamplesFirstAndEveryOptionWithItsDefault() {
    let help = Help().text(of: Sample.outline)
    #expect(
      help.hasPrefix(
        """
        emojify sample: Try the parser.

        Examples:
          emojify sample x
              Tries it.

        Usage: emojify sample DATA [MORE] [options]

        Arguments:
          DATA  A folder.
          MORE  Another folder.

        Options:
          --epochs <count>     Passes. (default: 30)
          --rate <number>      Step. (default: 0.5)
          --share <share>      Part. (default: 0.25)
          --speed <word>       How fast. One of: slow, fast. (default: fast)
          --words <list>       Some words.
          --clip <norm>        Limit.
          --output, -o <file>  Where to.
          --json               As JSON.
          --no-detect          Whole images.

        Common options:
          --quiet, -q          No progress and no notes on stderr.
        """))
    for name in Sample.optionNames { #expect(help.contains(name)) }
  }

  /// Distances counted by hand.
  @Test(arguments: [
    ("", "abc", 3), ("epoch", "epochs", 1), ("epcohs", "epochs", 1), ("kitten", "sitting", 3),
    ("same", "same", 0),
  ])
  func editDistance(a: String, b: String, edits: Int) {
    #expect(Suggestion.distance(a, b) == edits)
    #expect(Suggestion.distance(b, a) == edits)
  }
}
