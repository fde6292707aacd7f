@testable import FERCore

extension Reference {
  /// The mean and biased variance of each column.
  static func statistics(_ x: [Double], channels: Int) -> (mean: [Double], variance: [Double]) {
    let rows = Double(x.count / channels)
    let mean = columnSums(x, columns: channels).map { $0 / rows }
    let squares = x.enumerated().map { ($1 - mean[$0 % channels]) * ($1 - mean[$0 % channels]) }
    return (mean, columnSums(squares, columns: channels).map { $0 / rows })
  }

  /// `gamma · (x - mean) / √(variance + epsilon) + beta` by column.
  static func normalize(
    _ x: [Double], mean: [Double], variance: [Double], gamma: [Double], beta: [Double],
    epsilon: Double
  ) -> [Double] {
    x.enumerated().map { index, value in
      let c = index % mean.count
      return gamma[c] * (value - mean[c]) / (variance[c] + epsilon).squareRoot() + beta[c]
    }
  }
}
