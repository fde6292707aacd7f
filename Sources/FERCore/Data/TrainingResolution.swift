/// Some epochs that see the images smaller than they are, so that they pass faster.
///
/// Progressive resizing: early epochs learn as much from small images, at less than half the cost (Howard, Gugger 2020;
/// Tan, Le 2021, EfficientNetV2).
public struct TrainingResolution: Codable, Sendable, Equatable {
  /// Pixels along an edge.
  public var side: Int
  /// How many epochs see this size; nil where `share` says it.
  public var epochs: Int?
  /// Which share of all epochs sees this size, rounded to whole epochs; nil where `epochs` says it.
  public var share: Double?

  public init(side: Int, epochs: Int) {
    self.side = side
    self.epochs = epochs
  }

  public init(side: Int, share: Double) {
    self.side = side
    self.share = share
  }
}

extension [TrainingResolution] {
  /// The size each of the first epochs of a run of `total` sees; in those behind, of which there is one at least, images keep
  /// their own.
  func sides(ofEpochs total: Int) -> [Int] {
    let sides = flatMap { resolution in
      let epochs = resolution.epochs ?? Int(((resolution.share ?? 0) * Double(total)).rounded())
      return [Int](repeating: resolution.side, count: Swift.min(epochs, total))
    }
    return Array<Int>(sides.prefix(Swift.max(0, total - 1)))
  }
}
