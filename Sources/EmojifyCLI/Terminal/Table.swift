/// Rows of text in columns that line up.
struct Table {
  enum Alignment { case left, right }

  let alignments: [Alignment]
  private var lines: [Line] = []

  private enum Line {
    case row([String])
    case rule
  }

  init(_ alignments: [Alignment], header: [String]? = nil) {
    self.alignments = alignments
    if let header {
      row(header)
      rule()
    }
  }

  mutating func row(_ cells: [String]) {
    precondition(cells.count == alignments.count, "\(cells.count) cells in \(alignments.count)")
    lines.append(.row(cells))
  }

  mutating func rule() { lines.append(.rule) }

  /// The lines, without spaces at their ends.
  var text: String {
    let widths = alignments.indices.map { column in
      lines.map { line in
        if case .row(let cells) = line { cells[column].displayWidth } else { 0 }
      }.max() ?? 0
    }
    let total = widths.reduce(0, +) + 2 * (widths.count - 1)
    return lines.map { line in
      switch line {
      case .rule: return String(repeating: "─", count: total)
      case .row(let cells):
        let padded = cells.indices.map { column in
          let padding = String(
            repeating: " ", count: widths[column] - cells[column].displayWidth)
          return alignments[column] == .left ? cells[column] + padding : padding + cells[column]
        }
        let joined = padded.joined(separator: "  ")
        return String(joined.reversed().drop { $0 == " " }.reversed())
      }
    }.joined(separator: "\n")
  }
}
