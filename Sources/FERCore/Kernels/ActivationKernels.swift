/// The activation functions of Keras, by the names its files use.
public enum ActivationFunction: Hashable, Sendable {
  case linear
  case relu
  /// `x` above zero, `slope · x` below.
  case leakyReLU(slope: Float)
  /// `x` above zero, `alpha · (eˣ - 1)` below (Clevert et al. 2016).
  case elu(alpha: Float)
  case sigmoid
  case tanh
  /// `x · sigmoid(x)`, also called SiLU (Ramachandran et al. 2017).
  case swish
  /// Over the last axis.
  case softmax
  /// The logarithm of softmax, over the last axis.
  case logSoftmax
  /// Scaled ELU (Klambauer et al. 2017).
  case selu
  /// `log(1 + eˣ)`.
  case softplus
  /// `x / (1 + |x|)`.
  case softsign
  case exponential
  /// `slope · x + ½` between 0 and 1. The slope is 0.2 in Keras 1 and 2 and one sixth in Keras 3.
  case hardSigmoid(slope: Float)
  /// `x` times the hard sigmoid of Keras 3, also called hard swish (Howard et al. 2019).
  case hardSiLU
  /// ReLU up to 6.
  case relu6
  /// `x · Φ(x)` (Hendrycks & Gimpel 2016), or their approximation by tanh.
  case gelu(isApproximate: Bool)
  /// `x · tanh(log(1 + eˣ))` (Misra 2020).
  case mish

  /// What a layer applies: nothing in softmax' place where its caller `wantsLogits`.
  func leavingSoftmax(_ wantsLogits: Bool) -> ActivationFunction {
    wantsLogits && self == .softmax ? .linear : self
  }

  /// Keras' name.
  public var name: String {
    switch self {
    case .linear: "linear"
    case .relu: "relu"
    case .leakyReLU: "leaky_relu"
    case .elu: "elu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .swish: "swish"
    case .softmax: "softmax"
    case .logSoftmax: "log_softmax"
    case .selu: "selu"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .exponential: "exponential"
    case .hardSigmoid: "hard_sigmoid"
    case .hardSiLU: "hard_silu"
    case .relu6: "relu6"
    case .gelu(let isApproximate): isApproximate ? "gelu_approximate" : "gelu"
    case .mish: "mish"
    }
  }

  /// The function Keras means by a name, with Keras' default constants; nil for a name it does not have here.
  /// - Parameter version: of Keras, whose hard sigmoid is another since 3.
  public init?(name: String, kerasVersion version: Int = 2) {
    switch name {
    case "linear": self = .linear
    case "relu": self = .relu
    case "leaky_relu": self = .leakyReLU(slope: 0.2)
    case "elu": self = .elu(alpha: 1)
    case "sigmoid": self = .sigmoid
    case "tanh": self = .tanh
    case "swish", "silu": self = .swish
    case "softmax": self = .softmax
    case "log_softmax": self = .logSoftmax
    case "selu": self = .selu
    case "softplus": self = .softplus
    case "softsign": self = .softsign
    case "exponential": self = .exponential
    case "hard_sigmoid": self = .hardSigmoid(slope: version >= 3 ? 1.0 / 6 : 0.2)
    case "hard_silu", "hard_swish": self = .hardSiLU
    case "relu6": self = .relu6
    case "gelu": self = .gelu(isApproximate: false)
    case "gelu_approximate": self = .gelu(isApproximate: true)
    case "mish": self = .mish
    default: return nil
    }
  }

  /// Whether the derivative is taken from the input; the others' follows from the output.
  var derivativeReadsInput: Bool {
    switch self {
    case .swish, .softplus, .hardSiLU, .gelu, .mish: true
    // Below zero a negative constant answers above zero: the output does not tell the sides apart.
    case .leakyReLU(let constant), .elu(let constant): constant < 0
    default: false
    }
  }

  /// Every name, for messages.
  static let names = [
    "linear", "relu", "leaky_relu", "relu6", "elu", "selu", "sigmoid", "hard_sigmoid", "tanh",
    "softplus", "softsign", "exponential", "swish (silu)", "hard_silu", "gelu", "mish", "softmax",
    "log_softmax",
  ]
}

extension Kernels {
  /// `y = f(x)`, element by element, or by rows of the last axis for softmax. y may be x.
  static func activate(
    _ function: ActivationFunction, _ x: TensorView, into y: MutableTensorView, pool: WorkerPool
  ) {
    precondition(x.shape.count == y.shape.count, "\(x.shape) into \(y.shape)")
    switch function {
    case .linear:
      if x.base != UnsafePointer(y.base) { y.copy(from: x) }
    case .softmax:
      softmax(x, into: y, pool: pool)
    case .relu:
      map(x, into: y, pool: pool) { $0.atLeast(.zero) }
    case .leakyReLU(let slope):
      let slope = Lanes(repeating: slope)
      map(x, into: y, pool: pool) { $0.replacing(with: $0 * slope, where: $0 .< Lanes.zero) }
    case .elu(let alpha):
      let alpha = Lanes(repeating: alpha)
      map(x, into: y, pool: pool) {
        $0.replacing(with: alpha * $0.exponentialMinusOne(), where: $0 .< Lanes.zero)
      }
    case .sigmoid:
      map(x, into: y, pool: pool) { $0.sigmoid() }
    case .tanh:
      map(x, into: y, pool: pool) { $0.hyperbolicTangent() }
    case .swish:
      map(x, into: y, pool: pool) { $0 * $0.sigmoid() }
    default:
      furtherActivate(function, x, into: y, pool: pool)
    }
  }

  /// `dx = dy · f'`, with f' taken from `reference`: f's output, or its input where `derivativeReadsInput`. dx may be dy.
  static func activationGradient(
    _ function: ActivationFunction, _ dy: TensorView, reference: TensorView,
    into dx: MutableTensorView, pool: WorkerPool
  ) {
    precondition(dy.shape.count == dx.shape.count, "\(dy.shape) into \(dx.shape)")
    precondition(function == .linear || reference.shape.count == dy.shape.count)
    let one = Lanes(repeating: 1)
    switch function {
    case .linear:
      if dy.base != UnsafePointer(dx.base) { dx.copy(from: dy) }
    case .softmax:
      softmaxGradient(dy, output: reference, into: dx, pool: pool)
    case .relu:
      map(dy, reference, into: dx, pool: pool) {
        $0.replacing(with: Lanes.zero, where: $1 .<= Lanes.zero)
      }
    case .leakyReLU(let slope):
      let slope = Lanes(repeating: slope)
      map(dy, reference, into: dx, pool: pool) {
        // A slope of zero makes every negative input a zero, so zero counts as below: TensorFlow's choice too.
        $0.replacing(with: $0 * slope, where: $1 .<= Lanes.zero)
      }
    case .elu(let alpha) where alpha < 0:
      let alpha = Lanes(repeating: alpha)
      map(dy, reference, into: dx, pool: pool) {
        $0.replacing(with: $0 * alpha * $1.exponential(), where: $1 .<= Lanes.zero)
      }
    case .elu(let alpha):
      // Below zero f' = alpha · eˣ = y + alpha; an alpha of zero makes every negative input a zero.
      let alpha = Lanes(repeating: alpha)
      map(dy, reference, into: dx, pool: pool) {
        $0.replacing(with: $0 * ($1 + alpha), where: $1 .<= Lanes.zero)
      }
    case .sigmoid:
      map(dy, reference, into: dx, pool: pool) { $0 * $1 * (one - $1) }
    case .tanh:
      map(dy, reference, into: dx, pool: pool) { $0 * (one - $1 * $1) }
    case .swish:
      map(dy, reference, into: dx, pool: pool) {
        let s = $1.sigmoid()
        return $0 * s * (one + $1 * (one - s))
      }
    default:
      furtherGradient(function, dy, reference: reference, into: dx, pool: pool)
    }
  }

  /// Applies `body` to eight elements at a time; the last ones come padded with ones.
  @inline(__always)
  static func map(
    _ x: TensorView, into y: MutableTensorView, pool: WorkerPool, _ body: (Lanes) -> Lanes
  ) {
    map(x, x, into: y, pool: pool) { a, _ in body(a) }
  }

  @inline(__always)
  static func map(
    _ x: TensorView, _ z: TensorView, into y: MutableTensorView, pool: WorkerPool,
    _ body: (Lanes, Lanes) -> Lanes
  ) {
    pool.run(over: y.shape.count, grain: elementGrain) { range in
      var i = range.lowerBound
      while i + 8 <= range.upperBound {
        body(Lanes(at: x.base + i), Lanes(at: z.base + i)).store(to: y.base + i)
        i += 8
      }
      if i < range.upperBound {
        var first = Lanes(repeating: 1)
        var second = Lanes(repeating: 1)
        for lane in 0..<range.upperBound - i {
          first[lane] = x.base[i + lane]
          second[lane] = z.base[i + lane]
        }
        let result = body(first, second)
        for lane in 0..<range.upperBound - i { y.base[i + lane] = result[lane] }
      }
    }
  }

  /// Softmax of each row of the last axis, with the row's maximum taken out first. y may be x.
  static func softmax(_ x: TensorView, into y: MutableTensorView, pool: WorkerPool) {
    let columns = x.shape.last
    pool.run(over: x.shape.count / max(columns, 1), grain: 64) { rows in
      for row in rows {
        let source = x.base + row * columns
        let target = y.base + row * columns
        var largest = -Float.infinity
        for j in 0..<columns where source[j] > largest { largest = source[j] }
        var sum: Float = 0
        for j in 0..<columns {
          let value = Lanes(repeating: source[j] - largest).exponential()[0]
          target[j] = value
          sum += value
        }
        let scale = 1 / sum
        for j in 0..<columns { target[j] *= scale }
      }
    }
  }

  /// `dxᵢ = yᵢ (dyᵢ - Σⱼ dyⱼ yⱼ)` in each row. dx may be dy.
  private static func softmaxGradient(
    _ dy: TensorView, output y: TensorView, into dx: MutableTensorView, pool: WorkerPool
  ) {
    let columns = y.shape.last
    pool.run(over: y.shape.count / max(columns, 1), grain: 64) { rows in
      for row in rows {
        let offset = row * columns
        var dot: Float = 0
        for j in offset..<offset + columns { dot += dy.base[j] * y.base[j] }
        for j in offset..<offset + columns { dx.base[j] = y.base[j] * (dy.base[j] - dot) }
      }
    }
  }
}
