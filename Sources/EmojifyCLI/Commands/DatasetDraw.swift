import FERCore
import Foundation

/// `emojify dataset draw`: labelled faces drawn by the program, where FER-2013 is not at hand.
struct DatasetDraw: Command {
  static let name = "dataset draw"
  static let summary = "Draw labelled faces in fer2013.csv's format, for a demo or a test."
  static let examples = [
    Example("emojify dataset draw faces.csv --count 7000 --seed 1", "A thousand of each emotion.")
  ]
  static let discussion = """
    The seven emotions come in turn, on persons that differ in shape, hair, pose and light; eight tenths are Training, \
    one PublicTest, one PrivateTest. The same seed draws the same faces. What a network learns from them says nothing \
    about real faces.
    """
  static var positionals: [Positional<Self>] {
    [.one("OUT", \.output, "The CSV file to write, which must be new.")]
  }
  static var options: [Option<Self>] {
    [
      .value("--count", "<count>", \.count, in: .between(1, 1_000_000), "How many faces."),
      .value("--seed", "<number>", \.seed, "Draws the faces."),
    ]
  }

  var common = CommonOptions()
  var output = ""
  var count = 7000
  var seed: UInt64 = 1

  func validate() throws { try checkEnding(of: output, "csv", for: "OUT") }

  func run(_ terminal: Terminal) throws {
    try InputGuard.checkIsNew(output)
    try DrawnFaces.draw(count: count, seed: seed).writeCSV(to: URL(fileURLWithPath: output))
    terminal.note("wrote \(NumberText.count(count, "face")) to \(output)")
  }
}
