/// `y = activation(x · W + b)`. x `[batch, inputs]` → y `[batch, units]`; kernel `[inputs, units]`, bias `[units]`.
public final class Dense: Layer {
  public let className = "Dense"
  public let units: Int
  public let activation: ActivationFunction
  public let usesBias: Bool
  public let initialization: KernelInitialization
  public private(set) var parameters: [Parameter] = []

  public init(
    units: Int, activation: ActivationFunction = .linear, usesBias: Bool = true,
    initialization: KernelInitialization = .glorotUniform
  ) {
    precondition(units > 0)
    self.units = units
    self.activation = activation
    self.usesBias = usesBias
    self.initialization = initialization
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    _ = try ShapeError.requireSingle(inputs, rank: 1)
    return [units]
  }

  public func build(for inputs: [Shape]) {
    let count = inputs[0][0]
    parameters = [
      Parameter(
        "kernel", [count, units], initialization.initializer(fanIn: count, fanOut: units),
        decays: true)
    ]
    if usesBias { parameters.append(Parameter("bias", [units], .constant(0))) }
  }

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.backwardReadsInputs = true
    // A softmax that ends the network is left to the loss; elsewhere it needs its output like the others.
    traits.backwardReadsOutput = activation != .linear && !activation.derivativeReadsInput
    return traits
  }

  public var traitsFusingReLU: LayerTraits? {
    guard activation == .linear else { return nil }
    var traits = traits
    traits.backwardReadsOutput = true
    return traits
  }

  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    let batch = inputs[0][0]
    let count = inputs[0][1]
    var memory = LayerMemory(prepared: Gemm.packedCount(depth: count, columns: units))
    guard mode == .training else { return memory }
    if activation.derivativeReadsInput { memory.saved = batch * units }
    memory.workspace = max(
      Gemm.packedCount(depth: batch, columns: units),
      Gemm.packedCount(depth: units, columns: batch) + count * batch,
      Kernels.columnSumsWorkspace(rows: batch, columns: units))
    return memory
  }

  public func prepare(_ call: ForwardCall) {
    Gemm.pack(
      MatrixOperand(parameters[0].value.base, rowStep: units), depth: call.inputs[0].shape[1],
      columns: units, into: call.prepared, pool: call.pool)
  }

  public func forward(_ call: ForwardCall) {
    let x = call.inputs[0]
    let function = appliedActivation(call.wantsLogits)
    let savesInput = function.derivativeReadsInput && call.mode == .training
    let y = savesInput ? call.saved : call.output.base
    Gemm.multiply(
      MatrixOperand(x.base, rowStep: x.shape[1]), packed: call.prepared, into: y, cRow: units,
      rows: x.shape[0], columns: units, depth: x.shape[1], accumulate: false, pool: call.pool)
    Kernels.finishRows(
      y, rows: x.shape[0], columns: units,
      bias: usesBias ? UnsafePointer(parameters[1].value.base) : nil,
      relu: function == .relu || call.fusion.relu)
    if function != .linear, function != .relu {
      Kernels.activate(
        function, TensorView(base: y, shape: call.output.shape), into: call.output, pool: call.pool)
    }
  }

  public func backward(_ call: BackwardCall) {
    let x = call.inputs[0]
    let batch = x.shape[0]
    let count = x.shape[1]
    let dy = call.outputGradient
    let function = call.fusion.relu ? .relu : appliedActivation(call.wantsLogits)
    if function != .linear {
      let reference =
        function.derivativeReadsInput
        ? TensorView(base: call.saved, shape: dy.shape) : call.output
      Kernels.activationGradient(function, dy.view, reference: reference, into: dy, pool: call.pool)
    }
    if usesBias {
      Kernels.columnSums(
        dy.base, rows: batch, columns: units, into: parameters[1].gradient.base,
        workspace: call.workspace, pool: call.pool)
    }
    // dW = xᵀ · dy
    Gemm.pack(
      MatrixOperand(dy.base, rowStep: units), depth: batch, columns: units, into: call.workspace,
      pool: call.pool)
    Gemm.multiply(
      MatrixOperand(x.base, rowStep: 1, columnStep: count), packed: call.workspace,
      into: parameters[0].gradient.base, cRow: units, rows: count, columns: units, depth: batch,
      accumulate: false, pool: call.pool)
    guard let dx = call.inputGradients[0] else { return }
    // dxᵀ = W · dyᵀ: W is read in place, only the small dyᵀ is packed and the small dxᵀ turned.
    let packed = call.workspace
    let turned = packed + Gemm.packedCount(depth: units, columns: batch)
    Gemm.pack(
      MatrixOperand(dy.base, rowStep: 1, columnStep: units), depth: units, columns: batch,
      into: packed, pool: call.pool)
    Gemm.multiply(
      MatrixOperand(parameters[0].value.base, rowStep: units), packed: packed, into: turned,
      cRow: batch, rows: count, columns: batch, depth: units, accumulate: false, pool: call.pool)
    Kernels.transpose(turned, rows: count, columns: batch, into: dx.base, pool: call.pool)
  }

  public func multiplyAdds(for inputs: [Shape]) -> Int { inputs[0][0] * units }

  private func appliedActivation(_ wantsLogits: Bool) -> ActivationFunction {
    wantsLogits && activation == .softmax ? .linear : activation
  }
}
