import Foundation

/// Small charts of characters, for a terminal.
enum TextChart {
  /// A line of a plot: values at equal distances, NaN where there is none.
  struct Line {
    let name: String
    let values: [Double]
    /// The character that draws it.
    let mark: Character
  }

  /// Lines over one axis, `width` by `height` characters with the axis' labels; a later line is drawn over an earlier.
  ///
  /// - Parameter label: a value as the axis shows it, given the decimals that tell its neighbours apart.
  static func plot(
    _ lines: [Line], width: Int, height: Int, label: (Double, _ decimals: Int) -> String
  ) -> String {
    let scale = Scale(lines.flatMap(\.values), from: Double(height - 1), to: 0, steps: 3)
    let labels = Dictionary(
      scale.ticks.map { (Int(scale($0).rounded()), label($0, scale.decimals)) },
      uniquingKeysWith: { $1 })
    let margin = labels.values.map(\.displayWidth).max() ?? 0
    let columns = max(2, width - margin - 2)
    var cells = Array(repeating: Array(repeating: Character(" "), count: columns), count: height)
    for line in lines {
      for column in 0..<columns {
        guard let value = line.value(at: Double(column) / Double(columns - 1)), value.isFinite
        else { continue }
        cells[min(height - 1, max(0, Int(scale(value).rounded())))][column] = line.mark
      }
    }
    let rows = cells.indices.map { row in
      let text = labels[row, default: ""]
      let padding = String(repeating: " ", count: margin - text.displayWidth)
      let ink = String(String(cells[row]).reversed().drop { $0 == " " }.reversed())
      return padding + text + (labels[row] == nil ? " │" : " ┤") + ink
    }
    let legend = lines.map { "\($0.mark) \($0.name)" }.joined(separator: "   ")
    return (rows + [String(repeating: " ", count: margin + 2) + legend]).joined(separator: "\n")
  }
}

extension TextChart.Line {
  /// The value at a place from 0, the first, to 1, the last: between two values, what lies between.
  fileprivate func value(at place: Double) -> Double? {
    guard let first = values.first else { return nil }
    guard values.count > 1 else { return place == 0 ? first : nil }
    let position = place * Double(values.count - 1)
    let left = min(values.count - 2, Int(position))
    let share = position - Double(left)
    return share == 0 ? values[left] : values[left] * (1 - share) + values[left + 1] * share
  }
}
