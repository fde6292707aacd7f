/// x above zero, `alpha · x` below, alpha learned (He et al. 2015). alpha has the shape of a sample, 1 along `sharedAxes`.
public final class PReLU: Layer {
  public let className = "PReLU"
  /// From 1, as in Keras: `[1, 2]` learns one slope a channel of an image.
  public let sharedAxes: [Int]
  public private(set) var parameters: [Parameter] = []
  /// By element of a sample: the place of its alpha.
  private var places: [Int32] = []

  public init(sharedAxes: [Int] = []) { self.sharedAxes = sharedAxes }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs)
    guard sharedAxes.allSatisfy({ 1...max(1, input.rank) ~= $0 }) else {
      throw ShapeError("shares axes \(sharedAxes) of an input of \(input)")
    }
    return input
  }

  public var isBuiltForExtents: Bool { true }
  public func ownCount(for inputs: [Shape]) -> Int { inputs[0].count }

  public func build(for inputs: [Shape]) {
    let input = inputs[0]
    let shape = Shape((0..<input.rank).map { sharedAxes.contains($0 + 1) ? 1 : input[$0] })
    parameters = [Parameter("alpha", shape, .constant(0))]
    places = [0]
    var step = shape.count
    for axis in 0..<input.rank {
      step /= shape[axis]
      let stride = shape[axis] == 1 ? 0 : step
      places = places.flatMap { start in (0..<input[axis]).map { start + Int32($0 * stride) } }
    }
  }

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.backwardReadsInputs = true
    return traits
  }

  public func forward(_ call: ForwardCall) {
    let alpha = parameters[0].value.base
    let count = places.count
    call.pool.run(blocks: call.output.shape[0]) { _, sample in
      let (x, y) = (call.inputs[0].base + sample * count, call.output.base + sample * count)
      self.places.withUnsafeBufferPointer { places in
        for i in 0..<count { y[i] = x[i] > 0 ? x[i] : alpha[Int(places[i])] * x[i] }
      }
    }
  }

  public func backward(_ call: BackwardCall) {
    let alpha = parameters[0].value.base
    let gradient = parameters[0].gradient
    let count = places.count
    gradient.fill(0)
    // One thread, in order: several elements share an alpha.
    for sample in 0..<call.outputGradient.shape[0] {
      let x = call.inputs[0].base + sample * count
      let dy = call.outputGradient.base + sample * count
      let dx = call.inputGradients[0].map { $0.base + sample * count }
      for i in 0..<count {
        let place = Int(places[i])
        if x[i] <= 0 { gradient.base[place] += dy[i] * x[i] }
        dx?[i] = x[i] > 0 ? dy[i] : dy[i] * alpha[place]
      }
    }
  }
}
