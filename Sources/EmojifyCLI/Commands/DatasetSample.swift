import FERCore
import Foundation

/// `emojify dataset sample`: a picture of some faces of each class.
struct DatasetSample: Command {
  static let name = "dataset sample"
  static let summary = "Draw a contact sheet: a row of faces for each class."
  static let examples = [
    Example("emojify dataset sample fer2013.csv sheet.png", "Ten of each class, from all splits."),
    Example(
      "emojify dataset sample fer2013.csv sheet.png --split train --per-class 20 --seed 7",
      "Others."),
  ]
  static var positionals: [Positional<Self>] {
    [
      .one("DATA", \.data, "A fer2013.csv or one of its siblings, or a folder of images."),
      .one("OUT", \.output, "The picture to write, outside DATA: its ending names the format."),
    ]
  }
  static var options: [Option<Self>] {
    [
      .value("--per-class", "<count>", \.perClass, in: .between(1, 100), "Faces in a row."),
      .value("--split", "<name>", \.split, "Draw from these images."),
      .value("--seed", "<number>", \.seed, "Chooses the faces."),
    ]
  }

  var common = CommonOptions()
  var data = ""
  var output = ""
  var perClass = 10
  var split = Part.all
  var seed: UInt64 = 1

  enum Part: String, ArgumentChoice {
    case all, train, `public`, `private`

    var split: FaceDataset.Split? {
      switch self {
      case .all: nil
      case .train: .training
      case .public: .publicTest
      case .private: .privateTest
      }
    }
  }

  func validate() throws {
    try Image.checkEnding(of: URL(fileURLWithPath: output))
    try InputGuard.check(output, outside: data)
  }

  func run(_ terminal: Terminal) throws {
    let dataset = try DataSource.load(data, terminal)
    let counts = dataset.classCounts(of: split.split)
    let total = counts.reduce(0, +)
    let part = split.split?.name ?? "all splits"
    guard total > 0 else { throw EmojifyError.badData("\(data): has no \(part) images") }
    let chosen = dataset.sample(of: split.split, perClass: perClass, seed: seed)
    let rows = dataset.classNames.indices.map { label in
      ContactSheet.Row(
        title: dataset.classNames[label], detail: NumberText.count(counts[label], "image"),
        faces: chosen[label].map(dataset.image))
    }
    let file = URL(fileURLWithPath: data).lastPathComponent
    let title = "\(file): \(NumberText.count(total, "image")), \(part), seed \(seed)"
    let sheet = ContactSheet(title: title, rows: rows, side: dataset.side)
    try sheet.image().write(to: URL(fileURLWithPath: output))
    terminal.note("wrote \(output)")
  }
}
