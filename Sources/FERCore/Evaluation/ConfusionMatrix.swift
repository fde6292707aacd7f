/// How often images of one class were taken for another: rows are what they are, columns what they were called.
public struct ConfusionMatrix: Sendable, Equatable, Codable {
  /// What the counts are divided by.
  public enum Normalization: String, Sendable, CaseIterable {
    /// The row's sum: the diagonal is recall.
    case truth = "true"
    /// The column's sum: the diagonal is precision.
    case prediction = "pred"
    /// All images.
    case all
  }

  public let classNames: [String]
  /// `counts[true][predicted]`.
  public private(set) var counts: [[Int]]

  public init(classNames: [String]) {
    self.classNames = classNames
    counts = Array(
      repeating: Array(repeating: 0, count: classNames.count), count: classNames.count)
  }

  /// - Parameter counts: square, one row and column a class.
  public init(classNames: [String], counts: [[Int]]) {
    precondition(counts.count == classNames.count, "one row a class")
    precondition(counts.allSatisfy { $0.count == classNames.count }, "one column a class")
    self.classNames = classNames
    self.counts = counts
  }

  public mutating func add(truth: Int, prediction: Int) { counts[truth][prediction] += 1 }

  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
  /// The diagonal's sum.
  public var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }
  /// Images of a class.
  public func truths(of label: Int) -> Int { counts[label].reduce(0, +) }
  /// The class that every image was called, where there is one.
  public var onlyPrediction: Int? {
    total == 0 ? nil : counts.indices.first { predictions(of: $0) == total }
  }
  /// Images called by a class' name.
  public func predictions(of label: Int) -> Int { counts.reduce(0) { $0 + $1[label] } }

  /// The counts as shares, in 0 ... 1; a row or column without images is all zeros.
  public func normalized(by normalization: Normalization) -> [[Double]] {
    counts.indices.map { row in
      counts.indices.map { column in
        let sum =
          switch normalization {
          case .truth: truths(of: row)
          case .prediction: predictions(of: column)
          case .all: total
          }
        return sum == 0 ? 0 : Double(counts[row][column]) / Double(sum)
      }
    }
  }
}
