import Foundation

/// A range of numbers on a length of pixels, with round numbers to label it by.
struct Scale {
  let low: Double
  let high: Double
  /// Where `low` and `high` lie, in pixels.
  let start: Double
  let end: Double
  let ticks: [Double]

  /// What is nearer to zero, or to each other, is drawn as the same: its labels would be all zeros.
  private static let nothing = 1e-12

  /// A scale for `values` that begins and ends at round numbers; finite values only count, and it passes zero only
  /// where they do.
  ///
  /// - Parameter steps: about how many ticks.
  init(
    _ values: [Double], from start: Double, to end: Double, steps: Int = 5,
    including required: [Double] = []
  ) {
    let known = (values + required).filter(\.isFinite)
    var low = known.min() ?? 0
    var high = known.max() ?? 1
    let magnitude = max(abs(low), abs(high))
    if magnitude < Self.nothing {
      (low, high) = (0, 1)
    } else if high - low < Self.nothing * max(1, magnitude) {
      let reach = min(abs(low), abs(high)) * 0.1
      (low, high) = (low - reach, high + reach)
    }
    let step = Self.roundStep((high - low) / Double(max(1, steps)))
    let first = (low / step + 1e-9).rounded(.down)
    let last = (high / step - 1e-9).rounded(.up)
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    self.low = first * step
    self.high = last * step
    self.start = start
    self.end = end
  }

  /// A scale whose ends are given.
  init(_ range: ClosedRange<Double>, from start: Double, to end: Double, ticks: [Double]) {
    (low, high) = (range.lowerBound, range.upperBound)
    (self.start, self.end, self.ticks) = (start, end, ticks)
  }

  func callAsFunction(_ value: Double) -> Double {
    start + (value - low) / (high - low) * (end - start)
  }

  /// Decimals that tell neighbouring ticks apart, or one tick from what lies a hundredth of the scale beside it.
  var decimals: Int {
    let step = ticks.count > 1 ? ticks[1] - ticks[0] : (high - low) / 100
    return max(0, Int((-log10(step) - 1e-9).rounded(.up)))
  }

  /// The next of 1, 2, 5 times a power of ten.
  private static func roundStep(_ step: Double) -> Double {
    let power = pow(10, log10(step).rounded(.down))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= step * (1 - 1e-9) } ?? 10 * power
  }
}
