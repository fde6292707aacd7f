/// Some epochs that see the images smaller than they are, so that they pass faster.
///
/// Progressive resizing: early epochs learn as much from small images, at less than half the cost (Howard, Gugger 2020;
/// Tan, Le 2021, EfficientNetV2).
public struct TrainingResolution: Codable, Sendable, Equatable {
  /// Pixels along an edge.
  public var side: Int
  /// How many epochs see this size.
  public var epochs: Int

  public init(side: Int, epochs: Int) {
    self.side = side
    self.epochs = epochs
  }
}

extension [TrainingResolution] {
  /// The size epoch `epoch` sees; nil after the last resolution, where images keep their own.
  func side(epoch: Int) -> Int? {
    var end = 0
    for resolution in self {
      end += resolution.epochs
      if epoch < end { return resolution.side }
    }
    return nil
  }
}
