/// One array of numbers that a layer learns or keeps: a kernel, a bias, a moving mean.
///
/// A layer declares its parameters in `build`; the network then lays all of them out in one block, so that an optimizer
/// is one flat loop, and points `value` and `gradient` into it.
public final class Parameter {
  /// The name in a Keras file, without the `:0`: "kernel", "bias", "gamma", "moving_mean".
  public let name: String
  public let shape: Shape
  /// False for state that is not learned by gradient, such as BatchNormalization's moving mean, and in frozen layers.
  public internal(set) var isTrainable: Bool
  /// Whether weight decay applies: kernels yes; biases and normalisation parameters no.
  public let decays: Bool
  let initializer: Initializer

  /// Where the numbers are. Before the network is made, an empty view.
  public internal(set) var value: MutableTensorView
  /// Where the loss' gradient is written; meaningful only if `isTrainable`.
  public internal(set) var gradient: MutableTensorView

  public init(
    _ name: String, _ shape: Shape, _ initializer: Initializer, isTrainable: Bool = true,
    decays: Bool = false
  ) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.isTrainable = isTrainable
    self.decays = decays
    let nowhere = MutableTensorView(base: Self.empty.base, shape: [0])
    value = nowhere
    gradient = nowhere
  }

  private static let empty = FloatBuffer(count: 0)

  /// One of another name, not in a network yet.
  func renamed(_ name: String) -> Parameter {
    Parameter(name, shape, initializer, isTrainable: isTrainable, decays: decays)
  }
}

/// How a parameter starts.
public enum Initializer: Sendable {
  case constant(Float)
  /// Uniform in ±√(6 / (fanIn + fanOut)) (Glorot & Bengio 2010).
  case glorotUniform(fanIn: Int, fanOut: Int)
  /// Normal with variance 2 / fanIn (He et al. 2015).
  case heNormal(fanIn: Int)

  func fill(_ view: MutableTensorView, random: inout SeededRandom) {
    switch self {
    case .constant(let value):
      view.fill(value)
    case .glorotUniform(let fanIn, let fanOut):
      let limit = (6 / Float(fanIn + fanOut)).squareRoot()
      for i in 0..<view.shape.count { view.base[i] = random.uniform(-limit, limit) }
    case .heNormal(let fanIn):
      let deviation = (2 / Float(fanIn)).squareRoot()
      for i in 0..<view.shape.count { view.base[i] = deviation * random.normal() }
    }
  }
}
