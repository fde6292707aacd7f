/// A network that `--architecture` names.
public struct Architecture: Sendable {
  public let name: String
  /// One line for `emojify model list`.
  public let summary: String
  /// Per sample, `[height, width, channels]`.
  public let inputShape: Shape
  /// How this network is begun with Adam or AdamW where a recipe for another one says nothing better; nil where it bears
  /// what all bear.
  public let beginning: Beginning?
  private let make: @Sendable (_ classCount: Int, _ seed: UInt64) throws -> Network

  /// A fresh network whose parameters are drawn from `seed`.
  public func network(classCount: Int = Emotion.allCases.count, seed: UInt64) throws -> Network {
    try make(classCount, seed)
  }

  /// Every architecture, the default first.
  public static let all: [Architecture] = [
    .fast, .best, .emojify, .faceEmotion, .emojimation, .sequential, .vggSmall, .vgg16,
  ]
  public static let standard = Architecture.fast

  /// The architecture of that name, if there is one.
  public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }

  /// The rate and the warm-up of a network that the usual ones leave dead: Adam's first steps move all weights of a unit
  /// alike, and where layers are wide and not normalised they add up until no input wakes the ReLUs any more.
  public struct Beginning: Sendable {
    public let learningRate: Float
    public let warmupEpochs: Double
  }

  init(
    name: String, summary: String, inputShape: Shape = [48, 48, 1], beginning: Beginning? = nil,
    make: @escaping @Sendable (_ classCount: Int, _ seed: UInt64) throws -> Network
  ) {
    self.name = name
    self.summary = summary
    self.inputShape = inputShape
    self.beginning = beginning
    self.make = make
  }
}
