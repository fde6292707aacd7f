import FERCore

/// A confusion matrix: rows are true classes, columns what they were called, the colour a cell's share of its row.
struct MatrixChart: Chart {
  let title = "Confusion matrix"
  let matrix: ConfusionMatrix
  private let cell = 54.0

  private var names: Double {
    22 + 7 * Double(matrix.classNames.map(\.count).max() ?? 0)
  }
  var width: Double { names + cell * Double(matrix.classNames.count) + 4 }
  var height: Double { 66 + cell * Double(matrix.classNames.count) }

  func draw(on drawing: inout SVGDrawing) {
    drawing.text(title, x: 0, y: 13, "title")
    let count = matrix.classNames.count
    let span = cell * Double(count)
    drawing.text("called", x: names + span / 2, y: 34, "small faint", anchor: .middle)
    drawing.text("true", x: 10, y: 60 + span / 2, "small faint", anchor: .middle, turned: true)
    let shares = matrix.normalized(by: .truth)
    for (row, truth) in matrix.classNames.enumerated() {
      let y = 60 + cell * Double(row)
      drawing.text(
        matrix.classNames[row], x: names + cell * (Double(row) + 0.5), y: 52, "small",
        anchor: .middle)
      drawing.text(truth, x: names - 8, y: y + cell / 2 + 4, "", anchor: .end)
      for column in 0..<count {
        let share = shares[row][column]
        let x = names + cell * Double(column)
        let percent = NumberText.percent(share, decimals: 0)
        drawing.rectangle(
          x: x, y: y, width: cell - 2, height: cell - 2, "track", opacity: 0.4, radius: 3)
        drawing.rectangle(
          x: x, y: y, width: cell - 2, height: cell - 2, "cell", opacity: share, radius: 3,
          title: "\(truth) called \(matrix.classNames[column]): "
            + "\(matrix.counts[row][column]) images, \(NumberText.percent(share))")
        let ink = share > 0.5 ? "onheat" : ""
        let middle = x + cell / 2 - 1
        drawing.text(percent, x: middle, y: y + cell / 2, ink, anchor: .middle)
        drawing.text(
          NumberText.grouped(matrix.counts[row][column]), x: middle, y: y + cell / 2 + 15,
          share > 0.5 ? "small onheat" : "small faint", anchor: .middle)
      }
    }
  }
}
