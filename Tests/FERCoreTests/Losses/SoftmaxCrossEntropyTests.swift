import Foundation
import Testing

@testable import FERCore

@Suite struct SoftmaxCrossEntropyTests {
  /// The definition, in Double and without any trick: `1/n Σ s_i · -Σ y log softmax`.
  static func reference(
    _ logits: [Double], _ targets: [Double], classes: Int, smoothing: Double, weights: [Double]?
  ) -> Double {
    let samples = logits.count / classes
    var total = 0.0
    for i in 0..<samples {
      let row = logits[i * classes..<(i + 1) * classes].map { $0 }
      let target = targets[i * classes..<(i + 1) * classes].map { $0 }
      let sum = row.map(exp).reduce(0, +)
      let weight = weights.map { zip($0, target).map(*).reduce(0, +) } ?? 1
      for k in 0..<classes {
        let smoothed = (1 - smoothing) * target[k] + smoothing / Double(classes)
        total -= weight * smoothed * log(exp(row[k]) / sum)
      }
    }
    return total / Double(samples)
  }

  static func score(
    _ loss: SoftmaxCrossEntropy, _ logits: [Float], _ targets: [Float], classes: Int
  ) -> (SoftmaxCrossEntropy.Outcome, [Float]) {
    let shape: Shape = [logits.count / classes, classes]
    let (logits, targets) = (Tensor(shape, logits), Tensor(shape, targets))
    var gradient = Tensor(shape)
    let outcome = withExtendedLifetime((logits, targets)) {
      loss(logits: logits.view, targets: targets.view, gradient: gradient.mutableView)
    }
    return (outcome, gradient.elements)
  }

  @Test(arguments: [Float(0), 0.1], [nil, [0.5, 2, 1, 1, 0.25, 3, 1]] as [[Float]?])
  func matchesTheDefinitionAndItsDifferences(smoothing: Float, weights: [Float]?) {
    let classes = 7
    let samples = 5
    var random = SeededRandom(seed: 3)
    let logits = (0..<samples * classes).map { _ in random.uniform(-4, 4) }
    var targets = [Float](repeating: 0, count: samples * classes)
    for i in 0..<samples {
      let share = i == 0 ? 1 : random.uniform()  // mixed targets, as mixup makes them
      targets[i * classes + random.integer(below: classes)] += share
      targets[i * classes + random.integer(below: classes)] += 1 - share
    }
    let (outcome, gradient) = Self.score(
      SoftmaxCrossEntropy(labelSmoothing: smoothing, classWeights: weights), logits, targets,
      classes: classes)

    let wide = logits.map(Double.init)
    let evaluate = { (logits: [Double]) in
      Self.reference(
        logits, targets.map(Double.init), classes: classes, smoothing: Double(smoothing),
        weights: weights?.map(Double.init))
    }
    #expect(abs(outcome.loss - evaluate(wide)) < 1e-12)
    let step = 1e-5  // central differences in Double: error near step² + 1e-16 / step
    for i in wide.indices {
      var up = wide
      var down = wide
      up[i] += step
      down[i] -= step
      let slope = (evaluate(up) - evaluate(down)) / (2 * step)
      #expect(abs(Double(gradient[i]) - slope) < 1e-7)
    }
  }

  @Test func handComputed() {
    // Two classes with logits ln 3 and 0: p = (3/4, 1/4).
    let (outcome, gradient) = Self.score(
      SoftmaxCrossEntropy(), [log(3), 0, log(3), 0], [1, 0, 0, 1], classes: 2)
    #expect(abs(outcome.loss - (log(4.0 / 3) + log(4.0)) / 2) < 1e-7)
    #expect(outcome.correct == 1)
    #expect(outcome.accuracy == 0.5)
    for (found, expected) in zip(gradient, [-0.125, 0.125, 0.375, -0.375] as [Float]) {
      #expect(abs(found - expected) < 1e-7)
    }
  }

  @Test func staysFiniteForHugeLogits() {
    let (outcome, gradient) = Self.score(
      SoftmaxCrossEntropy(), [3e38, -3e38, 0], [1, 0, 0], classes: 3)
    #expect(outcome.loss == 0)
    #expect(gradient == [0, 0, 0])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func tellsBadLogits(bad: Float) {
    let (outcome, _) = Self.score(
      SoftmaxCrossEntropy(), [0, 0, 0, 0, bad, 0], [1, 0, 0, 0, 1, 0], classes: 3)
    #expect(!outcome.isFinite)
  }

  @Test func balancedWeights() {
    // n / (c · n_k) with n = 12, c = 3.
    #expect(SoftmaxCrossEntropy.balancedWeights(counts: [2, 4, 6]) == [2, 1, Float(12.0 / 18)])
    #expect(SoftmaxCrossEntropy.balancedWeights(counts: [4, 0]) == [0.5, 0])
  }
}
