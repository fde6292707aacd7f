/// Horizontal bars in groups: a group a class, a bar a series.
struct BarChart: Chart {
  struct Group {
    let name: String
    /// One a series.
    let values: [Double]
    /// What is written at each bar's end.
    let labels: [String]
  }

  let title: String
  let series: [String]
  let groups: [Group]
  /// What a full bar stands for; nil: the largest value.
  var full: Double?
  var width = 460.0

  private static let bar = 14.0
  private static let pad = 10.0
  private var legend: Legend {
    Legend(series.count > 1 ? series : [], mark: 12, width: width)
  }
  private var head: Double {
    series.count > 1 ? 32 + Legend.rowHeight * Double(legend.rows) : 30
  }
  private var groupHeight: Double { Self.bar * Double(max(1, series.count)) + Self.pad }
  var height: Double { head + groupHeight * Double(groups.count) }

  func draw(on drawing: inout SVGDrawing) {
    drawing.text(title, x: 0, y: 13, "title")
    legend.draw(on: &drawing) { drawing, index, place in
      drawing.rectangle(
        x: place.x, y: place.y - 5, width: 12, height: 10, ChartStyle.fill(index), radius: 2)
    }
    let names = 8 + 7 * Double(groups.map(\.name.count).max() ?? 0)
    let ends = 10 + 6.6 * Double(groups.flatMap(\.labels).map(\.count).max() ?? 0)
    let room = width - names - ends
    let most = full ?? groups.flatMap(\.values).filter(\.isFinite).max() ?? 1
    for (row, group) in groups.enumerated() {
      let y = head + groupHeight * Double(row)
      let middle = y + Self.bar * Double(group.values.count) / 2
      drawing.text(group.name, x: names - 8, y: middle + 4, "", anchor: .end)
      for (index, value) in group.values.enumerated() {
        let top = y + Self.bar * Double(index)
        let length = most > 0 && value.isFinite ? room * min(1, max(0, value / most)) : 0
        drawing.rectangle(
          x: names, y: top + 0.5, width: room, height: Self.bar - 1, "track", opacity: 0.5,
          radius: 2)
        drawing.rectangle(
          x: names, y: top + 0.5, width: length, height: Self.bar - 1, ChartStyle.fill(index),
          radius: 2, title: "\(group.name): \(group.labels[index])")
        drawing.text(
          group.labels[index], x: names + room + 6, y: top + Self.bar - 3, "small faint")
      }
    }
  }
}
