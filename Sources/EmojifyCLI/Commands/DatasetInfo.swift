import FERCore
import Foundation

/// `emojify dataset info`: how many images of each class each split has.
struct DatasetInfo: Command {
  static let name = "dataset info"
  static let summary = "Count a data set's images by class and split."
  static let examples = [
    Example("emojify dataset info fer2013.csv", "A table of classes and splits."),
    Example("emojify dataset info faces/ --json", "The same for programs, from a folder."),
  ]
  static var positionals: [Positional<Self>] {
    [.one("DATA", \.data, "A fer2013.csv or one of its siblings, or a folder of images.")]
  }
  static var options: [Option<Self>] {
    [.flag("--json", \.json, "Write the counts as JSON.")]
  }

  var common = CommonOptions()
  var data = ""
  var json = false

  private struct Report: Encodable {
    let images: Int
    let side: Int
    let classes: [String]
    let splits: [String: [String: Int]]
  }

  func run(_ terminal: Terminal) throws {
    let dataset = try DataSource.load(data, terminal)
    let splits = FaceDataset.Split.allCases
    let counts = splits.map { dataset.classCounts(of: $0) }
    if json {
      let named = zip(splits, counts).map { split, counts in
        (split.name, Dictionary(uniqueKeysWithValues: zip(dataset.classNames, counts)))
      }
      try JSONOutput.write(
        Report(
          images: dataset.count, side: dataset.side, classes: dataset.classNames,
          splits: Dictionary(uniqueKeysWithValues: named)))
      return
    }
    let images = NumberText.count(dataset.count, "image")
    print("\(data): \(images) of \(dataset.side) x \(dataset.side) pixels\n")
    var table = Table(
      [.left] + splits.map { _ in .right } + [.right],
      header: ["class"] + splits.map(\.name) + ["all"])
    for (label, name) in dataset.classNames.enumerated() {
      let row = counts.map { $0[label] }
      table.row([name] + (row + [row.reduce(0, +)]).map(NumberText.grouped))
    }
    table.rule()
    let totals = counts.map { $0.reduce(0, +) }
    table.row(["all"] + (totals + [dataset.count]).map(NumberText.grouped))
    print(table.text)
  }
}
