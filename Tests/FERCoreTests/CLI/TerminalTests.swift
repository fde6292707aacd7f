import Testing

@testable import EmojifyCLI

@Suite struct TerminalTests {
  @Test func columnsLineUpUnderWideCharacters() {
    var table = Table([.left, .right], header: ["emotion", "score"])
    table.row(["😄 happy", "0.91"])
    table.row(["sad", "12.30"])
    #expect(
      table.text == """
        emotion   score
        ───────────────
        😄 happy   0.91
        sad       12.30
        """)
  }

  @Test func widthCountsColumns() {
    #expect("abc".displayWidth == 3)
    #expect("😄".displayWidth == 2)
    #expect("☺️".displayWidth == 2)
    #expect("e\u{301}".displayWidth == 1)
    #expect("字".displayWidth == 2)
  }

  @Test func theBarFillsAndFits() {
    #expect(ProgressBar.line("epoch", 0.5, "half", width: 22) == "epoch ━━━━━─────  half")
    #expect(ProgressBar.line("epoch", 2, "", width: 19) == "epoch ━━━━━━━━━━━  ")
    #expect(ProgressBar.line("epoch 1/9", 0.5, "loss 1.25", width: 12) == "epoch 1/9 lo")
  }

  @Test func durationsReadLikeAClock() {
    #expect(ProgressBar.duration(4.4) == "4 s")
    #expect(ProgressBar.duration(187) == "3:07")
    #expect(ProgressBar.duration(3729) == "1:02:09")
    #expect(ProgressBar.duration(.infinity) == "?")
  }

  @Test func coloursGiveWayToPipesAndSwitches() {
    #expect(Terminal(environment: ["COLUMNS": "120"]).width == 120)
    #expect(Terminal(noColor: true, environment: [:]).styled("x", .red) == "x")
    #expect(Terminal(environment: ["NO_COLOR": "1"]).styled("x", .red) == "x")
    #expect(Terminal(environment: ["TERM": "dumb"]).styled("x", .red) == "x")
  }
}
