/// Gray images in another size: bilinear where they grow, averaged where they shrink (the triangle is widened by the
/// factor), pixel centres at halves, as image libraries do it.
struct GrayResampling {
  typealias Size = (height: Int, width: Int)

  /// What one output place takes: weights of inputs from `start` on, with sum 1.
  private struct Taps {
    let start: Int
    let weights: [Float]
  }

  private let source: Size
  private let rows: [Taps]
  private let columns: [Taps]

  init(from source: Size, to target: Size) {
    precondition(source.height > 0 && source.width > 0 && target.height > 0 && target.width > 0)
    self.source = source
    rows = Self.taps(source.height, target.height)
    columns = Self.taps(source.width, target.width)
  }

  /// One image's `height * width` bytes, row-major, into those of the target's size.
  func apply(_ image: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>) {
    var narrow = [Float](repeating: 0, count: source.height * columns.count)
    for y in 0..<source.height {
      for (x, taps) in columns.enumerated() {
        var sum: Float = 0
        for (offset, weight) in taps.weights.enumerated() {
          sum += weight * Float(image[y * source.width + taps.start + offset])
        }
        narrow[y * columns.count + x] = sum
      }
    }
    for (y, taps) in rows.enumerated() {
      for x in columns.indices {
        var sum: Float = 0
        for (offset, weight) in taps.weights.enumerated() {
          sum += weight * narrow[(taps.start + offset) * columns.count + x]
        }
        target[y * columns.count + x] = UInt8(min(max(sum.rounded(), 0), 255))
      }
    }
  }

  private static func taps(_ source: Int, _ target: Int) -> [Taps] {
    let scale = Float(source) / Float(target)
    let reach = max(scale, 1)
    return (0..<target).map { place in
      let centre = (Float(place) + 0.5) * scale - 0.5
      let first = Int((centre - reach).rounded(.down)) + 1
      let last = max(first, Int((centre + reach).rounded(.up)) - 1)
      // Beyond the border the border's pixel counts.
      let start = min(max(first, 0), source - 1)
      let end = min(max(last, 0), source - 1)
      var weights = [Float](repeating: 0, count: end - start + 1)
      for position in first...last {
        let weight = max(0, 1 - abs(Float(position) - centre) / reach)
        weights[min(max(position, start), end) - start] += weight
      }
      let sum = weights.reduce(0, +)
      return Taps(start: start, weights: weights.map { $0 / sum })
    }
  }
}

extension FaceDataset {
  /// The same images with another width and height.
  public func resized(side: Int) -> FaceDataset {
    guard side != self.side else { return self }
    let pixels = images(Array(0..<count), height: side, width: side)
    return FaceDataset(
      side: side, pixels: pixels, labels: labels, splits: splits, classNames: classNames,
      origin: origin, warnings: warnings)
  }

  /// The bytes of the images `indices` names, one after the other, in another size.
  public func images(_ indices: [Int], height: Int, width: Int) -> [UInt8] {
    let resampling = GrayResampling(from: (side, side), to: (height, width))
    let size = height * width
    return [UInt8](unsafeUninitializedCapacity: indices.count * size) { target, written in
      pixels.withUnsafeBufferPointer { pixels in
        if let from = pixels.baseAddress, let to = target.baseAddress {
          for (place, index) in indices.enumerated() {
            resampling.apply(from + index * imageSize, into: to + place * size)
          }
        }
      }
      written = indices.count * size
    }
  }
}
