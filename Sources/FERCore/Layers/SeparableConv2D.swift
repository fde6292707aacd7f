/// A convolution of each channel for itself, then one of 1 x 1 across them (Chollet 2017), then an activation.
///
/// x `[batch, height, width, in]` → y `[batch, outHeight, outWidth, filters]`; depthwise kernel `[kernelHeight,
/// kernelWidth, in, depthMultiplier]`, pointwise kernel `[1, 1, in · depthMultiplier, filters]`, bias `[filters]`.
public final class SeparableConv2D: Layer {
  public let className = "SeparableConv2D"
  public let depthwise: DepthwiseConv2D
  public let pointwise: Conv2D
  public private(set) var parameters: [Parameter] = []

  public init(
    filters: Int, kernelSize: (height: Int, width: Int),
    strides: (height: Int, width: Int) = (1, 1), padding: Padding = .valid,
    depthMultiplier: Int = 1, activation: ActivationFunction = .linear, usesBias: Bool = true
  ) {
    depthwise = DepthwiseConv2D(
      kernelSize: kernelSize, strides: strides, padding: padding, depthMultiplier: depthMultiplier,
      usesBias: false)
    pointwise = Conv2D(
      filters: filters, kernelSize: 1, activation: activation, usesBias: usesBias)
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try pointwise.outputShape(for: [try depthwise.outputShape(for: inputs)])
  }

  public func ownCount(for inputs: [Shape]) -> Int { between(perSample: inputs).count }

  public func build(for inputs: [Shape]) {
    let middle = between(perSample: inputs)
    depthwise.build(for: inputs)
    pointwise.build(for: [middle])
    depthwise.rename("depthwise_kernel")
    pointwise.rename("pointwise_kernel")
    parameters = depthwise.parameters + pointwise.parameters
  }

  public var traits: LayerTraits {
    var traits = pointwise.traits
    traits.backwardReadsInputs = true
    return traits
  }

  public var traitsFusingReLU: LayerTraits? {
    guard var traits = pointwise.traitsFusingReLU else { return nil }
    traits.backwardReadsInputs = true
    return traits
  }

  /// Saved: what lies between the two convolutions, then what each saves itself. Without a backward pass that is scratch.
  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    let between = self.between(inputs[0])
    let first = depthwise.memory(for: inputs, mode: mode, threads: threads, fusion: Fusion())
    let second = pointwise.memory(for: [between], mode: mode, threads: threads, fusion: fusion)
    let scratch = max(first.workspace, second.workspace)
    guard mode.goesBackward else {
      return LayerMemory(prepared: second.prepared, workspace: between.count + scratch)
    }
    return LayerMemory(
      saved: between.count + second.saved, prepared: second.prepared,
      // The gradient of what lies between comes first.
      workspace: between.count + scratch)
  }

  public func prepare(_ call: ForwardCall) { pointwise.prepare(second(call)) }

  public func forward(_ call: ForwardCall) {
    let between = between(call.inputs[0].shape)
    depthwise.forward(
      ForwardCall(
        inputs: call.inputs, output: MutableTensorView(base: place(call), shape: between),
        saved: call.saved, prepared: call.prepared, workspace: call.workspace + between.count,
        mode: call.mode, wantsLogits: false, fusion: Fusion(), pool: call.pool, randomKey: 0))
    pointwise.forward(second(call))
  }

  public func backward(_ call: BackwardCall) {
    let between = between(call.inputs[0].shape)
    let middle = TensorView(base: call.saved, shape: between)
    let gradient = MutableTensorView(base: call.workspace, shape: between)
    let scratch = call.workspace + between.count
    pointwise.backward(
      BackwardCall(
        inputs: [middle], output: call.output, outputGradient: call.outputGradient,
        inputGradients: [gradient], saved: call.saved + between.count, prepared: call.prepared,
        workspace: scratch, mode: call.mode, wantsLogits: call.wantsLogits, fusion: call.fusion,
        pool: call.pool, randomKey: 0))
    depthwise.backward(
      BackwardCall(
        inputs: call.inputs, output: middle, outputGradient: gradient,
        inputGradients: call.inputGradients, saved: call.saved, prepared: call.prepared,
        workspace: scratch, mode: call.mode, wantsLogits: false, fusion: Fusion(),
        pool: call.pool, randomKey: 0))
  }

  public func multiplyAdds(for inputs: [Shape]) -> Int {
    depthwise.multiplyAdds(for: inputs) + pointwise.multiplyAdds(for: [between(perSample: inputs)])
  }

  /// The shape of what lies between the two convolutions: it follows from the inputs, which another size of the network has
  /// otherwise.
  private func between(perSample inputs: [Shape]) -> Shape {
    guard let middle = try? depthwise.outputShape(for: inputs) else {
      preconditionFailure("a shape it refused: \(inputs)")
    }
    return middle
  }

  private func between(_ input: Shape) -> Shape {
    between(perSample: [input.perSample]).batched(input[0])
  }

  /// Where the depthwise convolution writes.
  private func place(_ call: ForwardCall) -> UnsafeMutablePointer<Float> {
    call.mode.goesBackward ? call.saved : call.workspace
  }

  private func second(_ call: ForwardCall) -> ForwardCall {
    let between = between(call.inputs[0].shape)
    return ForwardCall(
      inputs: [TensorView(base: place(call), shape: between)], output: call.output,
      saved: call.mode.goesBackward ? call.saved + between.count : call.saved,
      prepared: call.prepared, workspace: call.workspace + between.count, mode: call.mode,
      wantsLogits: call.wantsLogits, fusion: call.fusion, pool: call.pool, randomKey: 0)
  }
}
