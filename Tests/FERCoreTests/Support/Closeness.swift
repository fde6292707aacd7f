import Testing

@testable import FERCore

/// Half the distance between neighbouring Floats around one: the error of a single rounding.
let roundoff = 0x1p-24

/// Higham's γ (Accuracy and Stability of Numerical Algorithms, 2002, §3.1): the relative error of a sum or dot product
/// of `terms` in any order stays below it.
func gamma(_ terms: Int) -> Double {
  Double(terms) * roundoff / (1 - Double(terms) * roundoff)
}

/// Each element lies within its own bound of what was expected; one issue names the worst.
func expectClose(
  _ found: [Float], _ expected: [Double], within bounds: [Double], _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.count == expected.count, bounds.count == expected.count else {
    Issue.record(
      "\(what): \(found.count) elements, expected \(expected.count)", sourceLocation: sourceLocation
    )
    return
  }
  var worst: (excess: Double, index: Int)?
  for index in found.indices {
    let error = abs(Double(found[index]) - expected[index])
    guard !(error <= bounds[index]) else { continue }
    let excess = error.isNaN ? .infinity : error - bounds[index]
    if excess > worst?.excess ?? -1 { worst = (excess, index) }
  }
  guard let (_, index) = worst else { return }
  Issue.record(
    "\(what): element \(index) is \(found[index]), expected \(expected[index]) ± \(bounds[index])",
    sourceLocation: sourceLocation)
}

/// Each element lies within `tolerance` times the largest expected magnitude.
func expectClose(
  _ found: [Float], _ expected: [Double], ofScale tolerance: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let bound = tolerance * (expected.lazy.map(abs).max() ?? 0)
  expectClose(
    found, expected, within: Array(repeating: bound, count: expected.count), what,
    sourceLocation: sourceLocation)
}

/// The largest error in units of the largest expected magnitude.
func scaledError(_ found: [Float], _ expected: [Double]) -> Double {
  let scale = expected.lazy.map(abs).max() ?? 1
  return zip(found, expected).lazy.map { abs(Double($0) - $1) / scale }.max() ?? 0
}

extension [Float] {
  var doubles: [Double] { map(Double.init) }
  var bits: [UInt32] { map(\.bitPattern) }
}

extension [Double] {
  var magnitudes: [Double] { map(abs) }
}

extension SeededRandom {
  /// Draws from the standard normal distribution.
  mutating func normals(_ count: Int) -> [Float] { (0..<count).map { _ in normal() } }

  mutating func element<Element>(of choices: [Element]) -> Element {
    choices[integer(below: choices.count)]
  }
}
