/// Where a run begins if not at weights drawn at random; a part of its config.json. The network itself lies in the run's
/// folder as start.h5, so that a run goes on where the file it came from is gone.
public struct StartingPoint: Codable, Sendable, Equatable {
  /// The file the weights come from, as an absolute path.
  public var weights: String
  /// The network is the file's own; else its weights went, by name and shape, into the configured architecture.
  public var ownNetwork = true
  /// A fresh layer gives the classes.
  public var replacesHead = false
  /// Layers that do not learn, by name; `*` and `?` stand for letters.
  public var frozen: [String] = []
  /// What was said of the file besides.
  public var inputRange: InputRange?
  public var labels: [String]?

  public init(weights: String) { self.weights = weights }
}
