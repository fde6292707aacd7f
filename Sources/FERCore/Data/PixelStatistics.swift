/// Mean and standard deviation of many pixels, in gray levels 0…255.
public struct PixelStatistics: Sendable, Equatable {
  public let mean: Double
  /// Of the pixels as they are (divided by their number, not by one less).
  public let standardDeviation: Double

  /// From how often each of the 256 levels occurs; nil where none does. Integer sums: exact, in any order.
  init?(histogram: [Int]) {
    var (count, sum, squares) = (0, 0, 0)
    for (level, times) in histogram.enumerated() {
      count += times
      sum += times * level
      squares += times * level * level
    }
    guard count > 0 else { return nil }
    mean = Double(sum) / Double(count)
    let variance = Double(squares) / Double(count) - mean * mean
    standardDeviation = max(variance, 0).squareRoot()
  }
}

extension FaceDataset {
  /// The pixels of a split, of all where `split` is nil; nil where it has no image.
  public func pixelStatistics(of split: Split? = nil) -> PixelStatistics? {
    var histogram = [Int](repeating: 0, count: 256)
    for index in 0..<count where split == nil || splits[index] == split {
      addLevels(of: index, to: &histogram)
    }
    return PixelStatistics(histogram: histogram)
  }

  /// The images that show nothing, ascending: their pixels' standard deviation is below
  /// `blankDeviation`.
  ///
  /// Most are one flat level. In FER-2013 the flattest pictures with a face in them, far too dark as
  /// they are, have 9 levels and more, and those below 5 are a bare wall and the dark.
  public func blankImages() -> [Int] {
    var histogram = [Int](repeating: 0, count: 256)
    return (0..<count).filter { index in
      for level in 0..<256 { histogram[level] = 0 }
      addLevels(of: index, to: &histogram)
      guard let statistics = PixelStatistics(histogram: histogram) else { return false }
      return statistics.standardDeviation < Self.blankDeviation
    }
  }

  /// Gray levels; see `blankImages`.
  public static let blankDeviation = 5.0

  private func addLevels(of index: Int, to histogram: inout [Int]) {
    pixels.withUnsafeBufferPointer { pixels in
      histogram.withUnsafeMutableBufferPointer { histogram in
        for pixel in pixels[index * imageSize..<(index + 1) * imageSize] {
          histogram[Int(pixel)] += 1
        }
      }
    }
  }
}
