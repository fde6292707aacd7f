/// What is random while training and the identity at inference, besides `Dropout`. Everything follows from the call's random
/// key, so the backward pass draws the same again.
public final class Noise: Layer {
  public enum Kind: Equatable, Sendable {
    /// Adds a normal number of this deviation to each element.
    case gaussian(deviation: Float)
    /// Multiplies each element by a normal number about 1 with variance `rate / (1 - rate)` (Srivastava et al. 2014 §10).
    case gaussianDropout(rate: Float)
    /// Sets elements to SELU's lowest value so that mean and variance stay (Klambauer et al. 2017).
    case alphaDropout(rate: Float)
    /// Drops whole channels of an image (Tompson et al. 2015).
    case spatialDropout(rate: Float)
    /// Drops elements together that differ along `sharedAxes` only, 0 being the batch: with all others shared, whole
    /// samples (Huang et al. 2016).
    /// - Parameter rank: of what it is for, the batch counted.
    case sharedDropout(rate: Float, sharedAxes: [Int], rank: Int)
  }

  public let kind: Kind

  public init(_ kind: Kind) { self.kind = kind }

  public var className: String {
    switch kind {
    case .gaussian: "GaussianNoise"
    case .gaussianDropout: "GaussianDropout"
    case .alphaDropout: "AlphaDropout"
    case .spatialDropout: "SpatialDropout2D"
    case .sharedDropout: "Dropout"
    }
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    if case .spatialDropout = kind { return try ShapeError.requireSingle(inputs, rank: 3) }
    return try ShapeError.requireSingle(inputs)
  }

  public var traits: LayerTraits { .inPlace }

  /// Scratch: what each channel of each image is multiplied by, where whole ones fall.
  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    guard case .spatialDropout = kind, mode == .training else { return LayerMemory() }
    return LayerMemory(workspace: inputs[0][0] * inputs[0].last)
  }

  public func forward(_ call: ForwardCall) {
    let (x, y) = (call.inputs[0], call.output)
    guard call.mode == .training else {
      if x.base != UnsafePointer(y.base) { y.copy(from: x) }
      return
    }
    let key = call.randomKey
    if case .spatialDropout = kind {
      return scaleMaps(x, into: y, key, factors: call.workspace, call.pool)
    }
    call.pool.run(over: y.shape.count, grain: Kernels.elementGrain) { range in
      for i in range {
        let (factor, offset) = self.draw(i, y.shape, key)
        y.base[i] = x.base[i] * factor + offset
      }
    }
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    let dy = call.outputGradient
    guard call.mode == .training else {
      if dx.base != dy.base { dx.copy(from: dy.view) }
      return
    }
    let key = call.randomKey
    if case .spatialDropout = kind {
      return scaleMaps(dy.view, into: dx, key, factors: call.workspace, call.pool)
    }
    call.pool.run(over: dx.shape.count, grain: Kernels.elementGrain) { range in
      for i in range { dx.base[i] = dy.base[i] * self.draw(i, dx.shape, key).factor }
    }
  }

  /// `y = x · factor` where a map, one channel of one image, has one draw: it is drawn once. y may be x.
  private func scaleMaps(
    _ x: TensorView, into y: MutableTensorView, _ key: UInt64,
    factors: UnsafeMutablePointer<Float>, _ pool: WorkerPool
  ) {
    let (count, channels) = (y.shape.perSampleCount, y.shape.last)
    pool.run(blocks: y.shape[0]) { _, image in
      let start = image * count
      let own = factors + image * channels
      for c in 0..<channels { own[c] = self.draw(start + c, y.shape, key).factor }
      for pixel in stride(from: start, to: start + count, by: channels) {
        for c in 0..<channels { y.base[pixel + c] = x.base[pixel + c] * own[c] }
      }
    }
  }

  /// `y = x · factor + offset` for the element at a place of a batched shape.
  func draw(_ place: Int, _ shape: Shape, _ key: UInt64) -> (factor: Float, offset: Float) {
    switch kind {
    case .gaussian(let deviation):
      var random = Self.generator(key, place)
      return (1, deviation * random.normal())
    case .gaussianDropout(let rate):
      var random = Self.generator(key, place)
      return (1 + (rate / (1 - rate)).squareRoot() * random.normal(), 0)
    case .alphaDropout(let rate):
      var random = Self.generator(key, place)
      let low: Float = -1.7580993408473766  // -scale · alpha of SELU
      let a = 1 / ((1 - rate) * (1 + rate * low * low)).squareRoot()
      let b = -a * low * rate
      return random.uniform() < rate ? (0, a * low + b) : (a, b)
    case .spatialDropout(let rate):
      let channels = shape.last
      let map = place / shape.perSampleCount * channels + place % channels
      var random = Self.generator(key, map)
      return random.uniform() < rate ? (0, 0) : (1 / (1 - rate), 0)
    case .sharedDropout(let rate, let sharedAxes, _):
      var (rest, draw, step) = (place, 0, 1)
      for axis in (0..<shape.rank).reversed() {
        if !sharedAxes.contains(axis) {
          draw += rest % shape[axis] * step
          step *= shape[axis]
        }
        rest /= shape[axis]
      }
      var random = Self.generator(key, draw)
      return random.uniform() < rate ? (0, 0) : (1 / (1 - rate), 0)
    }
  }

  /// `SeededRandom(seed: key, UInt64(draw))`, whose list of streams would be allocated for each element.
  private static func generator(_ key: UInt64, _ draw: Int) -> SeededRandom {
    SeededRandom(seed: SeededRandom.combine(key, UInt64(draw)))
  }
}
