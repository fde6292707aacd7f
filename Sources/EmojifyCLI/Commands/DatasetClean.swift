import FERCore
import Foundation

/// `emojify dataset clean`: lists what is better left out of training.
struct DatasetClean: Command {
  static let name = "dataset clean"
  static let summary = "List the training images to leave out: blanks, copies, contradictions."
  static let examples = [
    Example(
      "emojify dataset clean fer2013.csv skip.txt", "Then: train fer2013.csv --skip skip.txt"),
    Example("emojify dataset clean faces/ skip.txt --reasons blank,leak", "Only some of them."),
  ]
  static let discussion = """
    blank: a picture that shows nothing. leak: PublicTest or PrivateTest has the same picture. conflict: Training has \
    the same picture with another label. copy: Training has the same picture before; one stays. The list is a text with \
    a remark on each line, to be read and edited. It names lines of the table or files of the folder, and train refuses \
    it for any other data. Images of PublicTest and PrivateTest are never listed, so that scores stay comparable. The \
    data itself is not changed.
    """
  static var positionals: [Positional<Self>] {
    [
      .one("DATA", \.data, "A fer2013.csv or one of its siblings, or a folder of images."),
      .one("OUT", \.output, "The list to write; one that is there is written anew."),
    ]
  }
  static var options: [Option<Self>] {
    [
      .value("--reasons", "<names>", \.reasons, "What to look for."),
      .flag("--json", \.json, "Write the counts by reason as JSON."),
    ]
  }

  var common = CommonOptions()
  var data = ""
  var output = ""
  var reasons = SkipReason.allCases
  var json = false

  private struct Report: Encodable {
    let images: Int
    let skipped: Int
    let reasons: [String: Int]
  }

  func run(_ terminal: Terminal) throws {
    let target = URL(fileURLWithPath: output)
    // DATA twice, say: only a list may be replaced.
    if FileManager.default.fileExists(atPath: target.path), (try? SkipList(reading: target)) == nil
    {
      throw EmojifyError.usage("\(output): is there already and no skip list; it stays as it is")
    }
    let dataset = try DataSource.load(data, terminal)
    let skipped = dataset.imagesToSkip(for: Set(reasons))
    try SkipList(skipped, of: dataset).write(to: target)
    let counts = SkipReason.allCases.filter(reasons.contains).map { reason in
      (reason, skipped.count { $0.kind == reason })
    }
    if json {
      try JSONOutput.write(
        Report(
          images: dataset.count, skipped: skipped.count,
          reasons: Dictionary(uniqueKeysWithValues: counts.map { ($0.0.rawValue, $0.1) })))
    } else {
      var table = Table([.left, .right, .left], header: ["reason", "images", ""])
      for (reason, count) in counts {
        table.row([reason.rawValue, NumberText.grouped(count), reason.meaning])
      }
      table.rule()
      table.row([
        "all", NumberText.grouped(skipped.count), "of \(NumberText.grouped(dataset.count))",
      ])
      print(table.text)
    }
    terminal.note("wrote \(output)")
  }
}

extension SkipReason: ArgumentChoice {
  fileprivate var meaning: String {
    switch self {
    case .blank: "show nothing"
    case .leak: "are in PublicTest or PrivateTest too"
    case .conflict: "have another label elsewhere in Training"
    case .copy: "are in Training before"
    }
  }
}
