import FERCore
import Foundation

/// `emojify dataset info`: what a data set holds, and what is wrong with it.
struct DatasetInfo: Command {
  static let name = "dataset info"
  static let summary = "Count a data set's images by class and split; find duplicates and blanks."
  static let examples = [
    Example(
      "emojify dataset info fer2013.csv", "Classes, splits, duplicates, blanks, gray levels."),
    Example("emojify dataset info faces/ --json", "The same for programs, from a folder."),
    Example("emojify dataset info fer2013.csv --csv > counts.csv", "Counts for a spreadsheet."),
  ]
  static let discussion = """
    Duplicates are images with the same pixels, whatever their labels. Blank is an image whose gray levels deviate by \
    less than \(Int(FaceDataset.blankDeviation)) from their mean: no face can be seen in it. 'emojify dataset clean' \
    lists both, for train --skip. The images of a folder are looked at as networks see them: gray, scaled to \
    \(DataSource.usualSide) x \(DataSource.usualSide) pixels.
    """
  static var positionals: [Positional<Self>] {
    [.one("DATA", \.data, "A fer2013.csv or one of its siblings, or a folder of images.")]
  }
  static var options: [Option<Self>] {
    [
      .flag("--json", \.json, "Write everything as JSON."),
      .flag("--csv", \.csv, "Write the counts by class and split as CSV."),
      .value("--plot", "<file>", \.plot, "Write the counts as an SVG picture."),
    ]
  }

  var common = CommonOptions()
  var data = ""
  var json = false
  var csv = false
  var plot: String?

  func validate() throws {
    try Figure.check(plot)
    if json && csv { throw EmojifyError.usage("--json and --csv: choose one of them") }
  }

  func run(_ terminal: Terminal) throws {
    let dataset = try DataSource.load(data, terminal)
    let facts = DatasetFacts(dataset)
    let images = NumberText.count(dataset.count, "image")
    if json {
      try JSONOutput.write(facts)
    } else if csv {
      CSVOutput.write(header: facts.header, rows: facts.rows)
    } else {
      print("\(data): \(images) of \(dataset.side) x \(dataset.side) pixels\n")
      print(DatasetText(facts: facts).text)
    }
    guard let plot else { return }
    let file = URL(fileURLWithPath: plot)
    try Figure("\(URL(fileURLWithPath: data).lastPathComponent): \(images)", rows: [[facts.chart]])
      .write(to: file)
    terminal.note("wrote \(file.relativePath)")
  }
}
