/// Two-dimensional convolution of each channel with `depthMultiplier` kernels of its own, then an activation.
///
/// x `[batch, height, width, in]` → y `[batch, outHeight, outWidth, in · depthMultiplier]`, output channel `c ·
/// depthMultiplier + k` from input channel c; kernel `[kernelHeight, kernelWidth, in, depthMultiplier]`, bias `[in ·
/// depthMultiplier]`. Output extent as in `Conv2D`.
public final class DepthwiseConv2D: WeightedLayer {
  public let className = "DepthwiseConv2D"
  public let kernelSize: (height: Int, width: Int)
  public let strides: (height: Int, width: Int)
  public let padding: Padding
  public let depthMultiplier: Int
  public let activation: ActivationFunction
  public let usesBias: Bool
  public let initialization: KernelInitialization
  public private(set) var parameters: [Parameter] = []

  public init(
    kernelSize: (height: Int, width: Int), strides: (height: Int, width: Int) = (1, 1),
    padding: Padding = .valid, depthMultiplier: Int = 1, activation: ActivationFunction = .linear,
    usesBias: Bool = true, initialization: KernelInitialization = .glorotUniform
  ) {
    precondition(depthMultiplier > 0 && kernelSize.height > 0 && kernelSize.width > 0)
    precondition(strides.height > 0 && strides.width > 0)
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.depthMultiplier = depthMultiplier
    self.activation = activation
    self.usesBias = usesBias
    self.initialization = initialization
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs, rank: 3)
    let g = geometry(input.batched(1))
    guard g.outputHeight > 0, g.outputWidth > 0 else {
      throw ShapeError(
        "a \(kernelSize.height) x \(kernelSize.width) kernel does not fit into input \(input)")
    }
    return [g.outputHeight, g.outputWidth, g.outputChannels]
  }

  public func build(for inputs: [Shape]) {
    let channels = inputs[0][2]
    let taps = kernelSize.height * kernelSize.width
    // Keras counts the fans as if every channel met every other.
    parameters = [
      Parameter(
        "kernel", [kernelSize.height, kernelSize.width, channels, depthMultiplier],
        initialization.initializer(fanIn: taps * channels, fanOut: taps * depthMultiplier),
        decays: true)
    ]
    if usesBias {
      parameters.append(Parameter("bias", [channels * depthMultiplier], .constant(0)))
    }
  }

  /// Gives the kernel the name it has inside another layer.
  func rename(_ name: String) { parameters[0] = parameters[0].renamed(name) }

  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    let g = geometry(inputs[0])
    let convolution = DepthwiseConvolution(g)
    var memory = LayerMemory(workspace: convolution.workspaceCount(threads: threads))
    guard mode.goesBackward else { return memory }
    if activation.derivativeReadsInput { memory.saved = g.outputShape.count }
    memory.workspace = max(
      memory.workspace, convolution.gradientWorkspaceCount(threads: threads),
      Kernels.columnSumsWorkspace(rows: g.outputPixels, columns: g.outputChannels))
    return memory
  }

  public func forward(_ call: ForwardCall) {
    DepthwiseConvolution(geometry(call.inputs[0].shape)).convolve(
      call.inputs[0].base, weights: parameters[0].value.base,
      bias: usesBias ? UnsafePointer(parameters[1].value.base) : nil,
      relu: activation == .relu || call.fusion.relu, into: preactivation(call, of: activation),
      workspace: call.workspace, pool: call.pool)
    activate(call, by: activation)
  }

  public func backward(_ call: BackwardCall) {
    let g = geometry(call.inputs[0].shape)
    let dy = call.outputGradient
    beginBackward(call, through: activation)
    let convolution = DepthwiseConvolution(g)
    convolution.weightGradient(
      call.inputs[0].base, dy.base, into: parameters[0].gradient.base, workspace: call.workspace,
      pool: call.pool)
    guard let dx = call.inputGradients[0] else { return }
    convolution.inputGradient(
      dy.base, weights: parameters[0].value.base, into: dx.base, workspace: call.workspace,
      pool: call.pool)
  }

  public func multiplyAdds(for inputs: [Shape]) -> Int {
    let g = geometry(inputs[0].batched(1))
    return g.outputPixels * g.kernelHeight * g.kernelWidth * g.outputChannels
  }

  private func geometry(_ input: Shape) -> ConvolutionGeometry {
    ConvolutionGeometry(
      input: input, kernel: kernelSize, stride: strides, padding: padding,
      outputChannels: input.last * depthMultiplier)
  }
}
