import Foundation

/// Mixup (Zhang et al. 2018): an image and another of its batch in one picture, their targets mixed
/// alike.
enum Mixup {
  /// Mixes sample `i` with sample `count - 1 - i`, in place; batches are shuffled, so the pairs are
  /// random.
  ///
  /// images `[count, imageSize]` · targets `[count, classes]`. `weight(i)` is the share sample `i`
  /// keeps.
  static func apply(
    images: UnsafeMutablePointer<Float>, imageSize: Int, targets: UnsafeMutablePointer<Float>,
    classes: Int, count: Int, weight: (Int) -> Float
  ) {
    for first in 0..<count / 2 {
      let second = count - 1 - first
      let weights = (weight(first), weight(second))
      mix(images + first * imageSize, images + second * imageSize, count: imageSize, weights)
      mix(targets + first * classes, targets + second * classes, count: classes, weights)
    }
  }

  private static func mix(
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, count: Int,
    _ weights: (Float, Float)
  ) {
    for index in 0..<count {
      let (x, y) = (a[index], b[index])
      a[index] = x * weights.0 + y * (1 - weights.0)
      b[index] = y * weights.1 + x * (1 - weights.1)
    }
  }

  /// A draw from Beta(α, α), as a ratio of gamma draws.
  static func beta(_ alpha: Float, random: inout SeededRandom) -> Float {
    let first = gamma(Double(alpha), random: &random)
    let second = gamma(Double(alpha), random: &random)
    guard first + second > 0 else { return 0.5 }  // both underflow for α near 0
    return Float(first / (first + second))
  }

  /// A draw from Gamma(shape, 1) (Marsaglia & Tsang 2000); below 1 by the power of a uniform (their
  /// §6).
  private static func gamma(_ shape: Double, random: inout SeededRandom) -> Double {
    if shape < 1 {
      let uniform = 1 - Double(random.uniform())
      return gamma(shape + 1, random: &random) * Foundation.pow(uniform, 1 / shape)
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = Double(random.normal())
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      let uniform = 1 - Double(random.uniform())
      if Foundation.log(uniform) < x * x / 2 + d - d * v + d * Foundation.log(v) { return d * v }
    }
  }
}
