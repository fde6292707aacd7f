import Testing

@testable import FERCore

@Suite struct BatchNormTests {
  struct Matrix: CustomTestStringConvertible {
    var rows: Int
    var channels: Int
    var mean: Float = 0
    var testDescription: String { "\(rows) x \(channels), mean \(mean)" }
  }

  /// Around the block of 256 rows and the eight lanes.
  static let matrices = [1, 2, 255, 256, 257, 700].flatMap { rows in
    [1, 7, 8, 9, 33].map { Matrix(rows: rows, channels: $0) }
  }

  @Test(arguments: matrices) func statistics(matrix: Matrix) { check(matrix) }

  /// A mean a thousand times the deviation. A block's mean is off by up to γ(256) of itself, 1.5e-5 · 1000 deviations at
  /// the very worst and near a tenth of that in truth, and the variance by the square of that.
  @Test func statisticsOfSmallDeviationsAroundALargeMean() {
    check(Matrix(rows: 5000, channels: 9, mean: 1000))
    check(Matrix(rows: 5000, channels: 9, mean: -100))
  }

  @Test func constantColumnsHaveNoVariance() {
    let x = GuardedFloats(Array(repeating: 0.1, count: 1000 * 3))
    let (_, variance) = statistics(x, rows: 1000, channels: 3)
    #expect(variance.allSatisfy { $0 >= 0 && $0 < 1e-12 })
  }

  @Test(arguments: matrices, [false, true]) func apply(matrix: Matrix, relu: Bool) {
    var random = SeededRandom(seed: 50)
    let x = random.normals(matrix.rows * matrix.channels)
    let scale = GuardedFloats(random.normals(matrix.channels))
    let shift = GuardedFloats(random.normals(matrix.channels))
    let y = GuardedFloats(x)
    BatchNorm.apply(
      y.base, rows: matrix.rows, channels: matrix.channels, scale: scale.base, shift: shift.base,
      relu: relu, into: y.base, pool: WorkerPool(threads: 2))
    var expected: [Double] = []
    var bounds: [Double] = []
    for (index, value) in x.enumerated() {
      let c = index % matrix.channels
      let product = Double(value) * Double(scale.elements[c])
      let sum = product + Double(shift.elements[c])
      expected.append(relu ? max(sum, 0) : sum)
      bounds.append(gamma(2) * (abs(product) + abs(Double(shift.elements[c]))))
    }
    expectClose(y.elements, expected, within: bounds, matrix.testDescription)
    #expect(y.isIntact)
  }

  private func check(_ matrix: Matrix) {
    var random = SeededRandom(seed: 51, UInt64(matrix.rows), UInt64(matrix.channels))
    let x = GuardedFloats(
      random.normals(matrix.rows * matrix.channels).map { $0 + matrix.mean })
    let (mean, variance) = statistics(x, rows: matrix.rows, channels: matrix.channels)
    let expected = Reference.statistics(x.elements.doubles, channels: matrix.channels)
    // Block sums of 256, then a rounding: the mean to γ(257) of the mean magnitude.
    let magnitudes = Reference.columnSums(
      x.elements.doubles.magnitudes, columns: matrix.channels
    ).map { $0 / Double(matrix.rows) }
    expectClose(
      mean, expected.mean, within: magnitudes.map { $0 * gamma(257) + 1e-30 },
      "mean of \(matrix.testDescription)")
    let deviations = zip(expected.variance, magnitudes).map { variance, magnitude in
      gamma(260) * variance + (gamma(257) * magnitude) * (gamma(257) * magnitude) + 1e-30
    }
    expectClose(
      variance, expected.variance, within: deviations, "variance of \(matrix.testDescription)")
  }

  private func statistics(_ x: GuardedFloats, rows: Int, channels: Int) -> ([Float], [Float]) {
    let workspace = GuardedFloats(
      count: BatchNorm.workspaceCount(rows: rows, channels: channels))
    let (mean, variance) = (GuardedFloats(count: channels), GuardedFloats(count: channels))
    BatchNorm.statistics(
      x.base, rows: rows, channels: channels, mean: mean.base, variance: variance.base,
      workspace: workspace.base, pool: WorkerPool(threads: 2))
    #expect(mean.isIntact && variance.isIntact && workspace.isIntact)
    return (mean.elements, variance.elements)
  }
}
