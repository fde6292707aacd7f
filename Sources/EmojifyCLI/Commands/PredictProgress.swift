import Foundation

/// How far `predict` has come, as a line on stderr.
struct PredictProgress {
  private var bar: ProgressBar
  private let total: Int?
  private let stopwatch = Stopwatch()
  private(set) var images = 0
  private(set) var faces = 0

  /// `total` is nil where nobody knows it.
  init(_ terminal: Terminal, total: Int?) {
    bar = ProgressBar(terminal, label: "predict")
    self.total = total
  }

  mutating func found(faces count: Int) { faces += count }

  mutating func advance(images count: Int) {
    images += count
    let speed = Double(images) / max(stopwatch.seconds, 1e-3)
    let found = "\(NumberText.count(faces, "face")), \(NumberText.fixed(speed, 1)) images/s"
    guard let total else {
      return bar.update("\(NumberText.count(images, "image")), \(found)")
    }
    guard total > 1 else { return }
    let left = ProgressBar.duration(Double(total - images) / speed)
    bar.update(
      Double(images) / Double(total),
      "\(NumberText.grouped(images)) of \(NumberText.count(total, "image")), \(found), \(left) left"
    )
  }

  /// Clears the line for whatever is printed next.
  func clear() { bar.clear() }
}
