import FERCore

/// What `dataset info` says of a data set; encodes as its JSON object. Images are named by their place in
/// the data set, from 0.
struct DatasetFacts: Encodable {
  let dataset: FaceDataset
  /// By split, then by class.
  let counts: [[Int]]
  let duplicates: DuplicateReport
  let blank: [Int]

  static let splits = FaceDataset.Split.allCases

  init(_ dataset: FaceDataset) {
    self.dataset = dataset
    counts = Self.splits.map { dataset.classCounts(of: $0) }
    duplicates = DuplicateReport(dataset)
    blank = dataset.blankImages()
  }

  /// The table of classes and splits in plain numbers, for spreadsheets.
  var header: [String] { ["class"] + Self.splits.map(\.name) + ["all"] }
  var rows: [[String]] {
    dataset.classNames.enumerated().map { label, name in
      let row = counts.map { $0[label] }
      return [name] + (row + [row.reduce(0, +)]).map { String($0) }
    }
  }

  /// Bars of the splits that have images, for each class.
  var chart: BarChart {
    let filled = Self.splits.indices.filter { counts[$0].contains { $0 > 0 } }
    return BarChart(
      title: "Images by class and split", series: filled.map { Self.splits[$0].name },
      groups: dataset.classNames.enumerated().map { label, name in
        let values = filled.map { counts[$0][label] }
        return BarChart.Group(
          name: name, values: values.map(Double.init), labels: values.map(NumberText.grouped))
      })
  }

  private enum CodingKeys: String, CodingKey {
    case images, side, classes, splits, pixels, duplicates, blank
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(dataset.count, forKey: .images)
    try container.encode(dataset.side, forKey: .side)
    try container.encode(dataset.classNames, forKey: .classes)
    let named = zip(Self.splits, counts).map { split, counts in
      (split.name, Dictionary(uniqueKeysWithValues: zip(dataset.classNames, counts)))
    }
    try container.encode(Dictionary(uniqueKeysWithValues: named), forKey: .splits)
    var pixels: [String: Pixels] = [:]
    for split in Self.splits { pixels[split.name] = Pixels(dataset.pixelStatistics(of: split)) }
    pixels["all"] = Pixels(dataset.pixelStatistics())
    try container.encode(pixels, forKey: .pixels)
    try container.encode(Duplicates(duplicates), forKey: .duplicates)
    try container.encode(blank, forKey: .blank)
  }

  private struct Pixels: Encodable {
    let mean, deviation: Double

    init?(_ statistics: PixelStatistics?) {
      guard let statistics else { return nil }
      mean = NumberText.rounded(statistics.mean)
      deviation = NumberText.rounded(statistics.standardDeviation)
    }
  }

  private struct Duplicates: Encodable {
    let groups: [[Int]]
    let copies: Int
    let within: [String: Int]
    let across: [Pair]
    /// The groups of `groups` that disagree in label.
    let disagreeing: [[Int]]

    struct Pair: Encodable {
      let splits: [String]
      /// Images of each split that the other has too.
      let images: [Int]
    }

    init(_ report: DuplicateReport) {
      groups = report.groups
      copies = report.copyCount
      within = Dictionary(
        uniqueKeysWithValues: zip(DatasetFacts.splits.map(\.name), report.copiesWithin))
      across = report.shared.map {
        Pair(splits: [$0.first.name, $0.second.name], images: [$0.firstCount, $0.secondCount])
      }
      disagreeing = report.disagreeing.map { report.groups[$0] }
    }
  }
}
