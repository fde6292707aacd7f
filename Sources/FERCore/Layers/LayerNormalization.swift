/// Normalisation of each sample over its last axes (Ba et al. 2016): `y = gamma · (x - mean) / √(variance + epsilon) + beta`.
public final class LayerNormalization: Layer {
  public let className = "LayerNormalization"
  /// How many of the last axes are normalised together; gamma and beta have their shape.
  public let axisCount: Int
  public let epsilon: Float
  public let centers: Bool
  public let scales: Bool
  public private(set) var parameters: [Parameter] = []
  private var gamma: Parameter?
  private var beta: Parameter?

  public init(
    axisCount: Int = 1, epsilon: Float = 1e-3, centers: Bool = true, scales: Bool = true
  ) {
    precondition(axisCount >= 1)
    self.axisCount = axisCount
    self.epsilon = epsilon
    self.centers = centers
    self.scales = scales
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs.count == 1, inputs[0].rank >= axisCount else {
      throw ShapeError("takes one input of rank \(axisCount) or more, found \(inputs)")
    }
    return inputs[0]
  }

  public var isBuiltForExtents: Bool { axisCount > 1 }

  public func build(for inputs: [Shape]) {
    let shape = Shape(Array(inputs[0].dimensions.suffix(axisCount)))
    gamma = scales ? Parameter("gamma", shape, .constant(1)) : nil
    beta = centers ? Parameter("beta", shape, .constant(0)) : nil
    parameters = [gamma, beta].compactMap(\.self)
  }

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.backwardReadsInputs = true
    return traits
  }

  public func forward(_ call: ForwardCall) {
    let x = call.inputs[0]
    let columns = columns(x.shape)
    let (gamma, beta) = (self.gamma?.value.base, self.beta?.value.base)
    call.pool.run(over: x.shape.count / columns, grain: max(1, 4096 / columns)) { range in
      for row in range {
        let (source, target) = (x.base + row * columns, call.output.base + row * columns)
        let (mean, scale) = self.statistics(source, columns)
        for j in 0..<columns {
          target[j] = (source[j] - mean) * scale * (gamma?[j] ?? 1) + (beta?[j] ?? 0)
        }
      }
    }
  }

  /// With x̂ the normalised row and g = dy · gamma: `dx = scale · (g - mean(g) - x̂ · mean(g · x̂))`.
  public func backward(_ call: BackwardCall) {
    let x = call.inputs[0]
    let columns = columns(x.shape)
    gamma?.gradient.fill(0)
    beta?.gradient.fill(0)
    // One thread, in order: all rows share gamma and beta.
    for row in 0..<x.shape.count / columns {
      let source = x.base + row * columns
      let dy = call.outputGradient.base + row * columns
      let (mean, scale) = statistics(source, columns)
      var (sum, product) = (0.0, 0.0)
      for j in 0..<columns {
        let normal = (source[j] - mean) * scale
        gamma?.gradient.base[j] += dy[j] * normal
        beta?.gradient.base[j] += dy[j]
        let g = dy[j] * (gamma?.value.base[j] ?? 1)
        sum += Double(g)
        product += Double(g * normal)
      }
      guard let dx = call.inputGradients[0] else { continue }
      let (meanG, meanProduct) = (Float(sum / Double(columns)), Float(product / Double(columns)))
      for j in 0..<columns {
        let normal = (source[j] - mean) * scale
        let g = dy[j] * (gamma?.value.base[j] ?? 1)
        dx.base[row * columns + j] = scale * (g - meanG - normal * meanProduct)
      }
    }
  }

  private func columns(_ batched: Shape) -> Int {
    batched.dimensions.suffix(axisCount).reduce(1, *)
  }

  private func statistics(_ x: UnsafePointer<Float>, _ count: Int) -> (mean: Float, scale: Float) {
    var sum = 0.0
    for j in 0..<count { sum += Double(x[j]) }
    let mean = sum / Double(count)
    var squares = 0.0
    for j in 0..<count { squares += (Double(x[j]) - mean) * (Double(x[j]) - mean) }
    return (Float(mean), Float(1 / (squares / Double(count) + Double(epsilon)).squareRoot()))
  }
}
