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

  public func forward(_ call: ForwardCall) {
    let (x, y) = (call.inputs[0], call.output)
    guard call.mode == .training else {
      if x.base != UnsafePointer(y.base) { y.copy(from: x) }
      return
    }
    let key = call.randomKey
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
    call.pool.run(over: dx.shape.count, grain: Kernels.elementGrain) { range in
      for i in range { dx.base[i] = dy.base[i] * self.draw(i, dx.shape, key).factor }
    }
  }

  /// `y = x · factor + offset` for the element at a place of a batched shape.
  func draw(_ place: Int, _ shape: Shape, _ key: UInt64) -> (factor: Float, offset: Float) {
    switch kind {
    case .gaussian(let deviation):
      var random = SeededRandom(seed: key, UInt64(place))
      return (1, deviation * random.normal())
    case .gaussianDropout(let rate):
      var random = SeededRandom(seed: key, UInt64(place))
      return (1 + (rate / (1 - rate)).squareRoot() * random.normal(), 0)
    case .alphaDropout(let rate):
      var random = SeededRandom(seed: key, UInt64(place))
      let low: Float = -1.7580993408473766  // -scale · alpha of SELU
      let a = 1 / ((1 - rate) * (1 + rate * low * low)).squareRoot()
      let b = -a * low * rate
      return random.uniform() < rate ? (0, a * low + b) : (a, b)
    case .spatialDropout(let rate):
      let channels = shape.last
      let map = place / shape.perSample.count * channels + place % channels
      var random = SeededRandom(seed: key, UInt64(map))
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
      var random = SeededRandom(seed: key, UInt64(draw))
      return random.uniform() < rate ? (0, 0) : (1 / (1 - rate), 0)
    }
  }
}
