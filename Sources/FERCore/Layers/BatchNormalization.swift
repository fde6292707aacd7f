/// Batch normalisation over the last axis (Ioffe & Szegedy 2015): `y = gamma · (x - mean) / √(variance + epsilon) + beta`.
///
/// Training uses the batch's mean and biased variance and moves the moving ones towards them; inference uses the moving
/// ones. `momentum` is the share kept, as in Keras; the moving variance follows the biased one, as in Keras 3.
public final class BatchNormalization: Layer {
  public let className = "BatchNormalization"
  public let momentum: Float
  public let epsilon: Float
  public let centers: Bool
  public let scales: Bool
  public private(set) var parameters: [Parameter] = []

  private var gamma: Parameter?
  private var beta: Parameter?

  public init(
    momentum: Float = 0.99, epsilon: Float = 1e-3, centers: Bool = true, scales: Bool = true
  ) {
    self.momentum = momentum
    self.epsilon = epsilon
    self.centers = centers
    self.scales = scales
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs.count == 1, inputs[0].rank >= 1 else {
      throw ShapeError("takes one input with channels, found \(inputs)")
    }
    return inputs[0]
  }

  public func build(for inputs: [Shape]) {
    let shape: Shape = [inputs[0].last]
    gamma = scales ? Parameter("gamma", shape, .constant(1)) : nil
    beta = centers ? Parameter("beta", shape, .constant(0)) : nil
    parameters =
      [gamma, beta].compactMap(\.self) + [
        Parameter("moving_mean", shape, .constant(0), isTrainable: false),
        Parameter("moving_variance", shape, .constant(1), isTrainable: false),
      ]
  }

  public var traits: LayerTraits {
    var traits = LayerTraits.inPlace
    traits.backwardReadsInputs = true
    return traits
  }

  // Whether ReLU cut an element off follows from the input, so the output need not be kept.
  public var traitsFusingReLU: LayerTraits? { traits }

  public func fusesPooling(_ pooling: MaxPooling2D, for inputs: [Shape]) -> Bool {
    let shape = inputs[0]
    return shape.rank == 4 && shape[1] % 2 == 0 && shape[2] % 2 == 0
      && pooling.window.halves(height: shape[1], width: shape[2])
  }

  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    let channels = inputs[0].last
    let rows = inputs[0].count / channels
    var memory = LayerMemory(
      saved: mode.goesBackward ? 4 * channels : 0, prepared: 2 * channels,
      workspace: BatchNorm.workspaceCount(rows: rows, channels: channels))
    if fusion.pooling != nil {
      // The winners' places, a byte each, behind the statistics.
      if mode.goesBackward { memory.saved += (inputs[0].count / 4 + 3) / 4 }
      memory.workspace = max(memory.workspace, PooledBatchNorm(inputs[0]).workspaceCount)
    }
    memory.workspace += 5 * channels
    return memory
  }

  public func prepare(_ call: ForwardCall) {
    guard call.mode == .inference else { return }
    let channels = call.output.shape.last
    let (mean, variance) = moving
    writeAffine(
      mean: mean.base, variance: variance.base, channels: channels, scale: call.prepared,
      shift: call.prepared + channels)
  }

  public func forward(_ call: ForwardCall) {
    let channels = call.output.shape.last
    let rows = call.inputs[0].shape.count / channels
    var scale = call.prepared
    // Kept for the backward pass: mean, inverse deviation, scale, shift.
    let mean = call.saved
    let variance = mean + channels
    if call.mode == .frozen {
      scale = variance + channels
      let (movingMean, movingVariance) = moving
      writeAffine(
        mean: movingMean.base, variance: movingVariance.base, channels: channels, scale: scale,
        shift: scale + channels)
      for c in 0..<channels {
        mean[c] = movingMean.base[c]
        variance[c] = 1 / (movingVariance.base[c] + epsilon).squareRoot()
      }
    } else if call.mode == .training {
      scale = variance + channels
      BatchNorm.statistics(
        call.inputs[0].base, rows: rows, channels: channels, mean: mean, variance: variance,
        workspace: call.workspace, pool: call.pool)
      writeAffine(
        mean: mean, variance: variance, channels: channels, scale: scale, shift: scale + channels)
      let (movingMean, movingVariance) = moving
      for c in 0..<channels {
        movingMean.base[c] += (1 - momentum) * (mean[c] - movingMean.base[c])
        movingVariance.base[c] += (1 - momentum) * (variance[c] - movingVariance.base[c])
        variance[c] = 1 / (variance[c] + epsilon).squareRoot()
      }
    }
    guard call.fusion.pooling == nil else {
      PooledBatchNorm(call.inputs[0].shape).apply(
        call.inputs[0].base, scale: scale, shift: scale + channels, relu: call.fusion.relu,
        into: call.output.base,
        places: call.mode.goesBackward ? PoolingWindow.places(call.saved + 4 * channels) : nil,
        pool: call.pool)
      return
    }
    BatchNorm.apply(
      call.inputs[0].base, rows: rows, channels: channels, scale: scale, shift: scale + channels,
      relu: call.fusion.relu, into: call.output.base, pool: call.pool)
  }

  public func backward(_ call: BackwardCall) {
    let channels = call.outputGradient.shape.last
    let rows = call.inputs[0].shape.count / channels
    let x = call.inputs[0].base
    let dy = call.outputGradient.base
    let mean = call.saved
    let inverse = mean + channels
    let scale = inverse + channels
    let gammaGradient = call.workspace
    let betaGradient = gammaGradient + channels
    let dyFactor = betaGradient + channels
    let xFactor = dyFactor + channels
    let constant = xFactor + channels
    let pooled = call.fusion.pooling == nil ? nil : PooledBatchNorm(call.inputs[0].shape)
    let places = UnsafePointer(PoolingWindow.places(call.saved + 4 * channels))
    let sums = constant + channels
    if let pooled {
      pooled.reduceGradients(
        x, dy, places: places, mean: mean, scale: scale, shift: scale + channels,
        relu: call.fusion.relu, workspace: sums, pool: call.pool)
      BatchNorm.gather(
        sums, blocks: pooled.blocks, channels: channels, inverseDeviation: inverse,
        gammaGradient: gammaGradient, betaGradient: betaGradient, pool: call.pool)
    } else {
      BatchNorm.reduceGradients(
        x, dy, rows: rows, channels: channels, mean: mean, inverseDeviation: inverse, scale: scale,
        shift: scale + channels, relu: call.fusion.relu, gammaGradient: gammaGradient,
        betaGradient: betaGradient, workspace: sums, pool: call.pool)
    }
    gamma?.gradient.base.update(from: gammaGradient, count: channels)
    beta?.gradient.base.update(from: betaGradient, count: channels)
    guard let dx = call.inputGradients[0] else { return }
    // dx = scale · (dy - Σdy / n - x̂ · Σ(dy · x̂) / n), sorted by dy, x and the rest. Running statistics do not follow x:
    // then dx = scale · dy.
    for c in 0..<channels {
      dyFactor[c] = scale[c]
      if call.mode == .frozen {
        xFactor[c] = 0
        constant[c] = 0
        continue
      }
      xFactor[c] = -scale[c] * inverse[c] * gammaGradient[c] / Float(rows)
      constant[c] = -scale[c] * betaGradient[c] / Float(rows) - xFactor[c] * mean[c]
    }
    if let pooled {
      pooled.inputGradient(
        x, dy, places: places, dyFactor: dyFactor, xFactor: xFactor, constant: constant,
        into: dx.base, pool: call.pool)
      return
    }
    BatchNorm.inputGradient(
      x, dy, rows: rows, channels: channels, dyFactor: dyFactor, xFactor: xFactor,
      constant: constant, into: dx.base, pool: call.pool)
  }

  /// Multiplies the columns of a kernel `[rows, channels]` by this normalisation's scale and makes its shift, with the
  /// kernel's own bias, the new one: what inference computes behind a convolution.
  func fold(
    _ kernel: UnsafePointer<Float>, bias: UnsafePointer<Float>?, rows: Int, channels: Int,
    intoKernel scaled: UnsafeMutablePointer<Float>, intoBias shift: UnsafeMutablePointer<Float>
  ) {
    let (mean, variance) = moving
    // The first row of the scaled kernel holds the scale until it is its turn.
    writeAffine(
      mean: mean.base, variance: variance.base, channels: channels, scale: scaled, shift: shift)
    if let bias {
      for c in 0..<channels { shift[c] += bias[c] * scaled[c] }
    }
    for row in (0..<rows).reversed() {
      let (source, target) = (kernel + row * channels, scaled + row * channels)
      for c in 0..<channels { target[c] = source[c] * scaled[c] }
    }
  }

  private var moving: (mean: MutableTensorView, variance: MutableTensorView) {
    (parameters[parameters.count - 2].value, parameters[parameters.count - 1].value)
  }

  private func writeAffine(
    mean: UnsafePointer<Float>, variance: UnsafePointer<Float>, channels: Int,
    scale: UnsafeMutablePointer<Float>, shift: UnsafeMutablePointer<Float>
  ) {
    for c in 0..<channels {
      scale[c] = (gamma?.value.base[c] ?? 1) / (variance[c] + epsilon).squareRoot()
      shift[c] = (beta?.value.base[c] ?? 0) - mean[c] * scale[c]
    }
  }
}
