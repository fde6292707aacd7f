import Foundation

/// Softmax and cross-entropy in one, from logits: stable for any finite logits, with the gradient `p - y`.
///
/// For sample i of n with target distribution t (one-hot, or mixed) over c classes:
///
///     y = (1 - ε) · t + ε / c                 smoothing (Szegedy et al. 2016 §7), ε = labelSmoothing
///     s = Σ_k w_k · t_k                       the sample's weight, from the target before smoothing
///     loss = 1/n · Σ_i s_i · -Σ_k y_ik · log p_ik      p = softmax(logits)
///
/// This is Keras: smoothing does not touch the weight, and the sum is divided by n, not by the sum of weights. Where
/// Keras takes the weight of the arg max of a mixed target, here it is mixed as the target is.
public struct SoftmaxCrossEntropy: Sendable {
  /// ε: the share of every target spread evenly over all classes, in `0 ..< 1`.
  public let labelSmoothing: Float
  /// w: one weight a class, or nil for 1 each.
  public let classWeights: [Float]?

  /// What a batch scored.
  public struct Outcome: Sendable, Equatable {
    /// Σ of the samples' weighted losses; NaN or infinite where a logit was.
    public var lossSum: Double
    /// How often the arg max of the logits was that of the target.
    public var correct: Int
    /// n.
    public var count: Int

    public init(lossSum: Double = 0, correct: Int = 0, count: Int = 0) {
      self.lossSum = lossSum
      self.correct = correct
      self.count = count
    }

    /// The loss as defined above.
    public var loss: Double { lossSum / Double(count) }
    public var accuracy: Double { Double(correct) / Double(count) }
    /// False once a logit was NaN or infinite: the step must not be taken.
    public var isFinite: Bool { lossSum.isFinite }

    public static func += (total: inout Outcome, batch: Outcome) {
      total.lossSum += batch.lossSum
      total.correct += batch.correct
      total.count += batch.count
    }
  }

  public init(labelSmoothing: Float = 0, classWeights: [Float]? = nil) {
    precondition(labelSmoothing >= 0 && labelSmoothing < 1, "label smoothing \(labelSmoothing)")
    precondition(classWeights?.allSatisfy { $0 >= 0 && $0.isFinite } ?? true, "class weights")
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
  }

  /// Scores a batch and, if asked, writes the loss' gradient by the logits.
  ///
  /// logits `[n, c]` · targets `[n, c]`, rows sum to 1 · gradient `[n, c]`, overwritten; may be the logits' memory.
  /// Each row is summed in Double, rows in order: the same numbers on any number of threads.
  public func callAsFunction(
    logits: TensorView, targets: TensorView, gradient: MutableTensorView? = nil
  ) -> Outcome {
    precondition(logits.shape.rank == 2, "logits \(logits.shape)")
    precondition(logits.shape == targets.shape, "logits \(logits.shape), targets \(targets.shape)")
    precondition(gradient == nil || gradient?.shape == logits.shape, "gradient's shape")
    let samples = logits.shape[0]
    let classes = logits.shape[1]
    precondition(classWeights == nil || classWeights?.count == classes, "one weight a class")
    var outcome = Outcome(count: samples)
    for sample in 0..<samples {
      let offset = sample * classes
      let row = logits.base + offset
      let target = targets.base + offset
      let (given, wanted) = (
        UnsafeBufferPointer(start: row, count: classes),
        UnsafeBufferPointer(start: target, count: classes)
      )
      if given.placeOfLargest == wanted.placeOfLargest { outcome.correct += 1 }
      outcome.lossSum += score(
        row, target, classes: classes, samples: samples,
        gradient: gradient.map { $0.base + offset })
    }
    return outcome
  }

  /// One row: its weighted loss, and the gradient where wanted.
  private func score(
    _ row: UnsafePointer<Float>, _ target: UnsafePointer<Float>, classes: Int, samples: Int,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    var largest = Double(row[0])
    var weight = 0.0
    var mass = 0.0
    for k in 0..<classes {
      largest = max(largest, Double(row[k]))
      weight += Double(target[k]) * Double(classWeights?[k] ?? 1)
      mass += Double(target[k])
    }
    // Σ t is 1; a mixed target's weight must not carry the rounding of its halves.
    if classWeights == nil { weight = 1 }
    let keep = 1 - Double(labelSmoothing)
    let spread = Double(labelSmoothing) / Double(classes)
    let smoothedMass = keep * mass + Double(labelSmoothing)
    var sum = 0.0
    var expected = 0.0
    for k in 0..<classes {
      let shifted = Double(row[k]) - largest
      sum += exp(shifted)
      expected += (keep * Double(target[k]) + spread) * shifted
    }
    // -Σ y · (shifted - log sum): log-sum-exp with the largest logit taken out, so nothing overflows.
    let loss = weight * (smoothedMass * log(sum) - expected)
    if let gradient {
      let scale = weight / Double(samples)
      for k in 0..<classes {
        let probability = exp(Double(row[k]) - largest) / sum
        let smoothed = keep * Double(target[k]) + spread
        gradient[k] = Float(scale * (probability * smoothedMass - smoothed))
      }
    }
    return loss
  }

  /// n / (c · n_k): weights that make every class count the same in total. A class without images weighs nothing.
  public static func balancedWeights(counts: [Int]) -> [Float] {
    let total = counts.reduce(0, +)
    return counts.map { count in
      count == 0 ? 0 : Float(Double(total) / (Double(counts.count) * Double(count)))
    }
  }
}
