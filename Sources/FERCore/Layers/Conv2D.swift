/// Two-dimensional convolution (cross-correlation, as in every CNN library), then an activation.
///
/// x `[batch, height, width, in]` → y `[batch, outHeight, outWidth, filters]`; kernel `[kernelHeight, kernelWidth, in,
/// filters]`, bias `[filters]`. Output extent: `(in - kernel) / stride + 1` for valid, `ceil(in / stride)` for same.
public final class Conv2D: Layer {
  public let className = "Conv2D"
  public let filters: Int
  public let kernelSize: (height: Int, width: Int)
  public let strides: (height: Int, width: Int)
  public let padding: Padding
  public let activation: ActivationFunction
  public let usesBias: Bool
  public let initialization: KernelInitialization
  public private(set) var parameters: [Parameter] = []

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
    return [g.outputHeight, g.outputWidth, filters]
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

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.backwardReadsInputs = true
    traits.backwardReadsOutput = activation != .linear && !activation.derivativeReadsInput
    return traits
  }

  public var traitsFusingReLU: LayerTraits? {
    guard activation == .linear else { return nil }
    var traits = traits
    traits.backwardReadsOutput = true
    return traits
  }

  public func memory(for inputs: [Shape], mode: Mode, threads: Int) -> LayerMemory {
    let g = geometry(inputs[0])
    let winograd = Winograd.accepts(g)
    var memory = LayerMemory(
      prepared: winograd ? Winograd.kernelCount(g) : DirectConvolution.kernelCount(g),
      workspace: winograd
        ? Winograd.workspaceCount(g, threads: threads)
        : DirectConvolution.workspaceCount(g, threads: threads))
    guard mode == .training else { return memory }
    if activation.derivativeReadsInput { memory.saved = g.outputShape.count }
    let backward: Int
    if winograd {
      let t = g.transposed
      backward = max(
        Winograd.gradientWorkspaceCount(g, threads: threads),
        Winograd.kernelCount(t) + Winograd.workspaceCount(t, threads: threads))
    } else {
      backward = DirectConvolution.gradientWorkspaceCount(g, threads: threads)
    }
    memory.workspace = max(
      memory.workspace, backward,
      Kernels.columnSumsWorkspace(rows: g.outputPixels, columns: filters))
    return memory
  }

  public func prepare(_ call: ForwardCall) {
    let g = geometry(call.inputs[0].shape)
    let kernel = UnsafePointer(parameters[0].value.base)
    if Winograd.accepts(g) {
      Winograd.transformKernel(kernel, g, transposed: false, into: call.prepared, pool: call.pool)
    } else {
      DirectConvolution.packKernel(kernel, g, into: call.prepared, pool: call.pool)
    }
  }

  public func forward(_ call: ForwardCall) {
    let g = geometry(call.inputs[0].shape)
    let x = call.inputs[0].base
    let bias = usesBias ? UnsafePointer(parameters[1].value.base) : nil
    let relu = activation == .relu || call.fusesReLU
    let savesInput = activation.derivativeReadsInput && call.mode == .training
    let y = savesInput ? call.saved : call.output.base
    if Winograd.accepts(g) {
      Winograd.convolve(
        x, kernel: call.prepared, bias: bias, relu: relu, into: y, g, workspace: call.workspace,
        pool: call.pool)
    } else {
      DirectConvolution.convolve(
        x, kernel: call.prepared, bias: bias, relu: relu, into: y, g, workspace: call.workspace,
        pool: call.pool)
    }
    if activation != .linear, activation != .relu {
      Kernels.activate(
        activation, TensorView(base: y, shape: call.output.shape), into: call.output,
        pool: call.pool)
    }
  }

  public func backward(_ call: BackwardCall) {
    let g = geometry(call.inputs[0].shape)
    let dy = call.outputGradient
    let function = call.fusesReLU ? .relu : activation
    if function != .linear {
      let reference =
        function.derivativeReadsInput
        ? TensorView(base: call.saved, shape: dy.shape) : call.output
      Kernels.activationGradient(
        function, dy.view, reference: reference, into: dy, pool: call.pool)
    }
    if usesBias {
      Kernels.columnSums(
        dy.base, rows: g.outputPixels, columns: filters, into: parameters[1].gradient.base,
        workspace: call.workspace, pool: call.pool)
    }
    let x = call.inputs[0].base
    let weights = UnsafePointer(parameters[0].value.base)
    let winograd = Winograd.accepts(g)
    if winograd {
      Winograd.weightGradient(
        x, dy.base, into: parameters[0].gradient.base, g, workspace: call.workspace,
        pool: call.pool)
    } else {
      DirectConvolution.weightGradient(
        x, dy.base, into: parameters[0].gradient.base, g, workspace: call.workspace,
        pool: call.pool)
    }
    guard let dx = call.inputGradients[0] else { return }
    if winograd {
      let t = g.transposed
      let kernel = call.workspace
      Winograd.transformKernel(weights, t, transposed: true, into: kernel, pool: call.pool)
      Winograd.convolve(
        dy.base, kernel: kernel, bias: nil, relu: false, into: dx.base, t,
        workspace: call.workspace + Winograd.kernelCount(t), pool: call.pool)
    } else {
      DirectConvolution.inputGradient(
        dy.base, weights: weights, into: dx.base, g, workspace: call.workspace, pool: call.pool)
    }
  }

  public func multiplyAdds(for inputs: [Shape]) -> Int {
    let g = geometry(inputs[0].batched(1))
    return g.outputPixels * g.depth * g.outputChannels
  }

  public func algorithm(for inputs: [Shape]) -> String? {
    Winograd.accepts(geometry(inputs[0].batched(1))) ? "Winograd 4x4" : "direct"
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
