/// How far a network's confidence can be believed: of answers given with 80%, are 80% right?
public struct Calibration: Sendable, Equatable, Codable {
  /// Answers whose confidence, the probability of the class called, lies in `low ..< high` (the last bin takes 1 too).
  public struct Bin: Sendable, Equatable, Codable {
    public let low: Double
    public let high: Double
    public let images: Int
    /// Mean confidence; 0 in an empty bin.
    public let confidence: Double
    /// The share that is right; 0 in an empty bin.
    public let accuracy: Double
  }

  /// Expected calibration error: the bins' gaps between confidence and accuracy, weighted by their images (Guo et al. 2017).
  public let expectedError: Double
  /// The largest gap of a bin that has images.
  public let maximumError: Double
  /// Mean squared distance of the probabilities from the truth, summed over classes (Brier 1950).
  public let brierScore: Double
  public let bins: [Bin]

  enum CodingKeys: String, CodingKey {
    case expectedError = "expected_error"
    case maximumError = "maximum_error"
    case brierScore = "brier_score"
    case bins
  }

  /// - Parameters:
  ///   - answers: probabilities `[images][classes]`.
  ///   - binCount: bins of equal width; 15 as Guo et al. take.
  public init(_ answers: [[Float]], labels: [Int], binCount: Int = 15) {
    precondition(answers.count == labels.count, "one label an answer")
    precondition(binCount >= 1)
    var counts = [Int](repeating: 0, count: binCount)
    var hits = counts
    var confidences = [Double](repeating: 0, count: binCount)
    var squares = 0.0
    for (answer, label) in zip(answers, labels) {
      let called = answer.placeOfLargest
      let confidence = Double(answer[called])
      for (k, probability) in answer.enumerated() {
        let distance = Double(probability) - (k == label ? 1 : 0)
        squares += distance * distance
      }
      guard confidence.isFinite else { continue }
      let bin = min(binCount - 1, max(0, Int(confidence * Double(binCount))))
      counts[bin] += 1
      confidences[bin] += confidence
      hits[bin] += called == label ? 1 : 0
    }
    bins = (0..<binCount).map { bin in
      let count = Double(max(1, counts[bin]))
      return Bin(
        low: Double(bin) / Double(binCount), high: Double(bin + 1) / Double(binCount),
        images: counts[bin], confidence: confidences[bin] / count,
        accuracy: Double(hits[bin]) / count)
    }
    let total = Double(max(1, answers.count))
    let filled = bins.filter { $0.images > 0 }
    let gaps = filled.map { abs($0.confidence - $0.accuracy) }
    expectedError = zip(filled, gaps).reduce(0) { $0 + Double($1.0.images) / total * $1.1 }
    maximumError = gaps.max() ?? 0
    brierScore = squares / total
  }
}
