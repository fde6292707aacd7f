/// Two-dimensional convolution (cross-correlation, as in every CNN library), then an activation.
///
/// x `[batch, height, width, in]` → y `[batch, outHeight, outWidth, filters]`; kernel `[kernelHeight, kernelWidth, in,
/// filters]`, bias `[filters]`. Output extent: `(in - kernel) / stride + 1` for valid, `ceil(in / stride)` for same.
public final class Conv2D: WeightedLayer {
  public let className = "Conv2D"
  public let filters: Int
  public let kernelSize: (height: Int, width: Int)
  public let strides: (height: Int, width: Int)
  public let padding: Padding
  public let activation: ActivationFunction
  public let usesBias: Bool
  public let initialization: KernelInitialization
  public private(set) var parameters: [Parameter] = []
  /// How it is computed; nil for what is expected to be fastest. What an algorithm cannot compute is computed directly.
  /// Plans made before a change must not be used after it.
  public var algorithm: ConvolutionAlgorithm?

  public init(
    filters: Int, kernelSize: (height: Int, width: Int),
    strides: (height: Int, width: Int) = (1, 1),
    padding: Padding = .valid, activation: ActivationFunction = .linear, usesBias: Bool = true,
    initialization: KernelInitialization = .glorotUniform
  ) {
    precondition(filters > 0 && kernelSize.height > 0 && kernelSize.width > 0)
    precondition(strides.height > 0 && strides.width > 0)
    self.filters = filters
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.activation = activation
    self.usesBias = usesBias
    self.initialization = initialization
  }

  /// A square kernel and stride.
  public convenience init(
    filters: Int, kernelSize: Int, stride: Int = 1, padding: Padding = .valid,
    activation: ActivationFunction = .linear, usesBias: Bool = true,
    initialization: KernelInitialization = .glorotUniform
  ) {
    self.init(
      filters: filters, kernelSize: (kernelSize, kernelSize), strides: (stride, stride),
      padding: padding, activation: activation, usesBias: usesBias, initialization: initialization)
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs, rank: 3)
    let g = geometry(input.batched(1))
    guard g.outputHeight > 0, g.outputWidth > 0 else {
      throw ShapeError(
        "a \(kernelSize.height) x \(kernelSize.width) kernel does not fit into input \(input)")
    }
    let kernel = [kernelSize.height, kernelSize.width, input[2], filters]
    guard let output = Shape(counting: [g.outputHeight, g.outputWidth, filters]),
      Shape(counting: kernel) != nil
    else { throw ShapeError("a kernel of \(kernel) is too large for input \(input)") }
    return output
  }

  public func build(for inputs: [Shape]) {
    let channels = inputs[0][2]
    let taps = kernelSize.height * kernelSize.width
    parameters = [
      Parameter(
        "kernel", [kernelSize.height, kernelSize.width, channels, filters],
        initialization.initializer(fanIn: taps * channels, fanOut: taps * filters), decays: true)
    ]
    if usesBias { parameters.append(Parameter("bias", [filters], .constant(0))) }
  }

  /// A tile of outputs holds whole 2 x 2 windows, and ReLU keeps order: the largest may be taken first or last.
  public func fusesPooling(_ pooling: MaxPooling2D, for inputs: [Shape]) -> Bool {
    let g = geometry(inputs[0])
    return (activation == .linear || activation == .relu)
      && convolution(g, .inference, threads: 1, pooled: false).algorithm != .direct
      && pooling.window.halves(height: g.outputHeight, width: g.outputWidth)
  }

  public var fusesNormalization: Bool { activation == .linear }

  /// Gives the kernel the name it has inside another layer.
  func rename(_ name: String) { parameters[0] = parameters[0].renamed(name) }

  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    let g = geometry(inputs[0])
    let convolution = convolution(g, mode, threads: threads, pooled: fusion.pooling != nil)
    var memory = LayerMemory(
      prepared: convolution.kernelCount, workspace: convolution.workspaceCount)
    if fusion.normalization != nil { memory.prepared += filters + g.depth * filters }
    guard mode.goesBackward else { return memory }
    if fusion.pooling != nil {
      memory.saved = (g.outputShape.count / 4 + 3) / 4
    } else if activation.derivativeReadsInput {
      memory.saved = g.outputShape.count
    }
    memory.workspace = max(
      memory.workspace, convolution.gradientWorkspaceCount,
      Kernels.columnSumsWorkspace(rows: g.outputPixels, columns: filters))
    return memory
  }

  public func prepare(_ call: ForwardCall) {
    let convolution = convolution(call)
    var kernel = UnsafePointer(parameters[0].value.base)
    if let normalization = call.fusion.normalization {
      let bias = call.prepared + convolution.kernelCount
      let scaled = bias + filters
      normalization.fold(
        kernel, bias: usesBias ? UnsafePointer(parameters[1].value.base) : nil,
        rows: convolution.g.depth, channels: filters, intoKernel: scaled, intoBias: bias)
      kernel = UnsafePointer(scaled)
    }
    convolution.prepare(kernel, into: call.prepared, pool: call.pool)
  }

  public func forward(_ call: ForwardCall) {
    let convolution = convolution(call)
    var target = ConvolutionTarget(preactivation(call, of: activation))
    if call.fusion.normalization != nil {
      target.bias = UnsafePointer(call.prepared + convolution.kernelCount)
    } else if usesBias {
      target.bias = UnsafePointer(parameters[1].value.base)
    }
    target.relu = activation == .relu || call.fusion.relu
    if call.fusion.pooling != nil, call.mode.goesBackward {
      target.places = PoolingWindow.places(call.saved)
    }
    convolution.convolve(
      call.inputs[0].base, kernel: call.prepared, into: target, workspace: call.workspace,
      pool: call.pool)
    activate(call, by: activation)
  }

  public func backward(_ call: BackwardCall) {
    // With a fused pooling this is the pooled output's gradient: it alone reaches the filters, so bias and ReLU need not
    // look at the rest.
    let dy = call.outputGradient
    beginBackward(call, through: activation)
    let pooled = call.fusion.pooling != nil
    let convolution = convolution(
      geometry(call.inputs[0].shape), call.mode, threads: call.pool.threads, pooled: pooled)
    let source = ConvolutionSource(
      dy.base, places: pooled ? UnsafePointer(PoolingWindow.places(call.saved)) : nil)
    convolution.weightGradient(
      call.inputs[0].base, source, into: parameters[0].gradient.base, workspace: call.workspace,
      pool: call.pool)
    guard let dx = call.inputGradients[0] else { return }
    convolution.inputGradient(
      source, weights: parameters[0].value.base, into: dx.base, workspace: call.workspace,
      pool: call.pool)
  }

  public func multiplyAdds(for inputs: [Shape]) -> Int {
    let g = geometry(inputs[0].batched(1))
    return g.outputPixels * g.depth * g.outputChannels
  }

  public func algorithm(for inputs: [Shape], mode: Mode) -> String? {
    convolution(geometry(inputs[0].batched(1)), mode, threads: 1, pooled: false).algorithm.rawValue
  }

  private func convolution(
    _ g: ConvolutionGeometry, _ mode: Mode, threads: Int, pooled: Bool
  ) -> Convolution {
    Convolution(
      g, algorithm: algorithm, training: mode == .training, threads: threads, isPooled: pooled)
  }

  private func convolution(_ call: ForwardCall) -> Convolution {
    convolution(
      geometry(call.inputs[0].shape), call.mode, threads: call.pool.threads,
      pooled: call.fusion.pooling != nil)
  }

  private func geometry(_ input: Shape) -> ConvolutionGeometry {
    ConvolutionGeometry(
      input: input, kernel: kernelSize, stride: strides, padding: padding, outputChannels: filters)
  }
}

/// How the kernel of a convolution or dense layer starts.
public enum KernelInitialization: String, Sendable, Codable {
  case glorotUniform
  case heNormal

  func initializer(fanIn: Int, fanOut: Int) -> Initializer {
    switch self {
    case .glorotUniform: .glorotUniform(fanIn: fanIn, fanOut: fanOut)
    case .heNormal: .heNormal(fanIn: fanIn)
    }
  }
}
