/// Occlusion sensitivity (Zeiler & Fergus 2014): how much less probable a class becomes when a gray square covers a place.
///
/// The square moves by `stride` over the image, and over its borders, so that every pixel is covered equally often. A
/// pixel's value is the mean loss of probability of the squares over it; below zero where it spoke against the class.
public struct Occlusion: Sendable {
  /// The square's side in pixels, a multiple of `stride`.
  public let size: Int
  public let stride: Int

  public init(size: Int = 8, stride: Int = 2) {
    precondition(stride > 0 && size > 0 && size % stride == 0, "a square of \(size) by \(stride)")
    self.size = size
    self.stride = stride
  }

  /// The map of an image of gray bytes, row-major, of the network's size; in probability.
  ///
  /// The square has the image's mean level.
  public func map(of image: [UInt8], classIndex: Int, by predictor: Predictor) -> AttributionMap {
    let height = predictor.network.inputShape[0]
    let width = predictor.network.inputShape[1]
    precondition(image.count == height * width, "\(image.count) bytes for an image")
    let whole = predictor.predict(images: [image])[0][classIndex]
    let level = Self.meanLevel(of: image)
    var squares: [(rows: Range<Int>, columns: Range<Int>)] = []
    for top in Swift.stride(from: stride - size, to: height, by: stride) {
      for left in Swift.stride(from: stride - size, to: width, by: stride) {
        squares.append(
          (max(0, top)..<min(height, top + size), max(0, left)..<min(width, left + size)))
      }
    }
    var sums = [Float](repeating: 0, count: image.count)
    var covers = [Float](repeating: 0, count: image.count)
    for start in Swift.stride(from: 0, to: squares.count, by: predictor.batchSize) {
      let batch = squares[start..<min(start + predictor.batchSize, squares.count)]
      let answers = predictor.predict(images: batch.map { covered(image, $0, width, level) })
      for (square, answer) in zip(batch, answers) {
        for y in square.rows {
          for x in square.columns {
            sums[y * width + x] += whole - answer[classIndex]
            covers[y * width + x] += 1
          }
        }
      }
    }
    return AttributionMap(height: height, width: width, values: zip(sums, covers).map(/))
  }

  private func covered(
    _ image: [UInt8], _ square: (rows: Range<Int>, columns: Range<Int>), _ width: Int,
    _ level: UInt8
  ) -> [UInt8] {
    var image = image
    for y in square.rows {
      for x in square.columns { image[y * width + x] = level }
    }
    return image
  }

  static func meanLevel(of image: [UInt8]) -> UInt8 {
    let sum = image.reduce(0) { $0 + Int($1) }
    return UInt8((sum + image.count / 2) / image.count)
  }
}
