import Foundation

/// What a classifier scored on labelled images. Its JSON is a part of what `emojify eval --json` prints.
public struct ClassificationReport: Sendable, Equatable, Codable {
  /// One class' scores. A ratio without a denominator is 0.
  public struct ClassScore: Sendable, Equatable, Codable {
    public let name: String
    /// Of what was called so, the share that is.
    public let precision: Double
    /// Of what is so, the share that was called so.
    public let recall: Double
    /// The harmonic mean of both.
    public let f1: Double
    /// Images of this class.
    public let support: Int
  }

  public let accuracy: Double
  /// Wilson's 95% score interval of the accuracy (Wilson 1927): `[low, high]`.
  public let accuracyInterval: [Double]
  /// Mean cross-entropy in nats, without smoothing or weights; probabilities are cut at 1e-7, as Keras does.
  public let loss: Double
  /// The mean F1 of the classes that occur, as truth or as prediction.
  public let macroF1: Double
  /// The mean recall of the classes that have images.
  public let balancedAccuracy: Double
  public let images: Int
  /// Class names in label order: what rows and columns of `confusion` mean.
  public let classes: [String]
  public let perClass: [ClassScore]
  /// `[true][predicted]`.
  public let confusion: [[Int]]

  enum CodingKeys: String, CodingKey {
    case accuracy
    case accuracyInterval = "accuracy_interval"
    case loss
    case macroF1 = "macro_f1"
    case balancedAccuracy = "balanced_accuracy"
    case images
    case classes
    case perClass = "per_class"
    case confusion
  }

  /// - Parameter loss: the mean cross-entropy; what the matrix cannot tell.
  public init(_ matrix: ConfusionMatrix, loss: Double) {
    let labels = matrix.counts.indices
    let ratio = { (part: Int, whole: Int) in whole == 0 ? 0 : Double(part) / Double(whole) }
    perClass = labels.map { label in
      let hits = matrix.counts[label][label]
      let support = matrix.truths(of: label)
      let called = matrix.predictions(of: label)
      return ClassScore(
        name: matrix.classNames[label], precision: ratio(hits, called),
        recall: ratio(hits, support), f1: ratio(2 * hits, support + called), support: support)
    }
    let mean = { (values: [Double]) in
      values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
    macroF1 = mean(
      labels.filter { matrix.truths(of: $0) + matrix.predictions(of: $0) > 0 }
        .map { [perClass] in perClass[$0].f1 })
    balancedAccuracy = mean(perClass.filter { $0.support > 0 }.map(\.recall))
    accuracy = ratio(matrix.correct, matrix.total)
    accuracyInterval = Self.wilsonInterval(hits: matrix.correct, of: matrix.total)
    self.loss = loss
    images = matrix.total
    classes = matrix.classNames
    confusion = matrix.counts
  }

  public var matrix: ConfusionMatrix { ConfusionMatrix(classNames: classes, counts: confusion) }

  /// Wilson's score interval: where the true share lies with 95% confidence after `hits` of `count` draws.
  public static func wilsonInterval(hits: Int, of count: Int) -> [Double] {
    guard count > 0 else { return [0, 1] }
    let z = 1.959963984540054  // the normal distribution's 97.5% quantile
    let n = Double(count)
    let share = Double(hits) / n
    let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    let reach =
      z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return [max(0, centre - reach), min(1, centre + reach)]
  }
}
