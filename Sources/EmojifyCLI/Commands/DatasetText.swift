import FERCore

/// What `dataset info` shows to people.
struct DatasetText {
  let facts: DatasetFacts
  private static let barWidth = 16

  var text: String {
    [classes, pixels, duplicates, blank].joined(separator: "\n\n")
  }

  /// Classes and splits, a bar for each class.
  private var classes: String {
    let splits = DatasetFacts.splits
    let dataset = facts.dataset
    let totals = dataset.classCounts()
    let largest = Double(max(totals.max() ?? 0, 1))
    let all = Double(max(dataset.count, 1))
    var table = Table(
      [.left] + splits.map { _ in .right } + [.right, .right, .left],
      header: facts.header + ["share", ""])
    for (label, name) in dataset.classNames.enumerated() {
      table.row(
        [name] + facts.counts.map { NumberText.grouped($0[label]) } + [
          NumberText.grouped(totals[label]), NumberText.percent(Double(totals[label]) / all),
          TextBar.text(Double(totals[label]) / largest, width: Self.barWidth),
        ])
    }
    table.rule()
    table.row(
      ["all"] + facts.counts.map { NumberText.grouped($0.reduce(0, +)) } + [
        NumberText.grouped(dataset.count), "", "",
      ])
    return table.text
  }

  private var pixels: String {
    var table = Table([.left, .right, .right], header: ["gray levels 0-255", "mean", "deviation"])
    for split in DatasetFacts.splits {
      if let statistics = facts.dataset.pixelStatistics(of: split) {
        table.row(row(split.name, statistics))
      }
    }
    if let statistics = facts.dataset.pixelStatistics() { table.row(row("all", statistics)) }
    return table.text
  }

  private func row(_ name: String, _ statistics: PixelStatistics) -> [String] {
    [
      name, NumberText.fixed(statistics.mean, 2),
      NumberText.fixed(statistics.standardDeviation, 2),
    ]
  }

  private var duplicates: String {
    let report = facts.duplicates
    guard !report.groups.isEmpty else { return "duplicates: none" }
    var lines = [
      "duplicates: \(NumberText.count(report.copyCount, "image")) with the same pixels as an earlier one, "
        + "in \(NumberText.count(report.groups.count, "group"))"
    ]
    for (split, copies) in zip(DatasetFacts.splits, report.copiesWithin) where copies > 0 {
      lines.append("  within \(split.name): \(NumberText.count(copies, "copy", "copies"))")
    }
    for pair in report.shared where pair.firstCount > 0 {
      let second = NumberText.count(pair.secondCount, "\(pair.second.name) image")
      lines.append(
        "  across: \(second) and \(NumberText.count(pair.firstCount, "\(pair.first.name) image"))"
          + " show the same")
    }
    lines.append(
      report.disagreeing.isEmpty
        ? "  all of one label in each group"
        : "  with different labels: \(NumberText.count(report.disagreeing.count, "group"))"
          + ", \(NumberText.count(report.disagreeingImageCount, "image"))")
    return lines.joined(separator: "\n")
  }

  private var blank: String {
    guard !facts.blank.isEmpty else { return "blank: none" }
    let sources = facts.blank.prefix(3).compactMap(facts.dataset.source(of:))
    let examples =
      sources.isEmpty
      ? ""
      : " (\(sources.joined(separator: ", "))"
        + (facts.blank.count > sources.count ? ", …)" : ")")
    return
      "blank: \(NumberText.count(facts.blank.count, "image")) that \(facts.blank.count == 1 ? "shows" : "show") nothing\(examples)"
  }
}
