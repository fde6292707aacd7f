/// A rule that turns gradients into a change of the parameters.
///
/// Weight decay applies to kernels only, never to biases and normalisation parameters (`Parameter.decays`). In `SGD` and
/// `Adam` it is L2: `g + λ·w` takes the gradient's place after clipping, as PyTorch does; Keras' regularizer `L2(l)` is λ = 2·l, and
/// is clipped with the gradient. In `AdamW` it is decoupled (Loshchilov & Hutter 2019).
public protocol Optimizer: AnyObject {
  /// How many updates were made. Setting it and `slots` continues another optimizer's work.
  var updates: Int { get set }

  /// What is remembered between steps, by name: each one float for each trainable float.
  var slots: [(name: String, values: FloatBuffer)] { get }

  /// Changes the values by the gradients times `gradientScale` (clipping's factor). One pass over memory: where an
  /// average is kept, it is updated while the new values are in the cache.
  func update(
    _ block: ParameterBlock, learningRate: Float, gradientScale: Float, average: MovingAverage?,
    pool: WorkerPool)
}

/// Which optimizer, with its numbers; what a run's config.json holds.
public struct OptimizerConfiguration: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case sgd, adam, adamw

    /// The highest rate to use where nothing else is known: measured on FER-2013 for AdamW, usual for the others.
    public var standardLearningRate: Float {
      switch self {
      case .sgd: 0.05
      case .adam: 0.001
      case .adamw: 0.002
      }
    }

    /// The decay to use where nothing else is known. AdamW's is decoupled: the others' would be L2, which is another
    /// quantity.
    public var standardWeightDecay: Float { self == .adamw ? 0.05 : 0 }
  }

  public var kind: Kind
  /// SGD: the share of the velocity kept each step.
  public var momentum: Float = 0.9
  /// SGD: look ahead along the velocity (Sutskever et al. 2013).
  public var nesterov = true
  /// Adam: decay of the first moment.
  public var beta1: Float = 0.9
  /// Adam: decay of the second moment.
  public var beta2: Float = 0.999
  /// Adam: ε̂ of Kingma & Ba 2015 §2, beside the uncorrected √v; Keras' default.
  public var epsilon: Float = 1e-7
  /// λ; see `Optimizer` for what it is in each.
  public var weightDecay: Float = 0

  public init(kind: Kind, weightDecay: Float = 0) {
    self.kind = kind
    self.weightDecay = weightDecay
  }

  public func makeOptimizer(trainableCount: Int) -> any Optimizer {
    switch kind {
    case .sgd:
      SGD(
        count: trainableCount, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
    case .adam, .adamw:
      Adam(
        count: trainableCount, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: weightDecay, decoupled: kind == .adamw)
    }
  }
}
