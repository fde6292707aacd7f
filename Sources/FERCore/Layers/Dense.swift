/// `y = activation(x · W + b)` over the last axis. x `[batch, …, inputs]` → y `[batch, …, units]`; kernel `[inputs, units]`,
/// bias `[units]`.
public final class Dense: WeightedLayer {
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
    guard inputs.count == 1, inputs[0].rank >= 1 else {
      throw ShapeError("takes one input with features, found \(inputs)")
    }
    return Shape(inputs[0].dimensions.dropLast() + [units])
  }

  public func build(for inputs: [Shape]) {
    let count = inputs[0].last
    parameters = [
      Parameter(
        "kernel", [count, units], initialization.initializer(fanIn: count, fanOut: units),
        decays: true)
    ]
    if usesBias { parameters.append(Parameter("bias", [units], .constant(0))) }
  }

  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    let count = inputs[0].last
    let batch = inputs[0].count / count
    var memory = LayerMemory(
      workspace: Gemm.workspaceCount(rows: batch, columns: units, depth: count, threads: threads))
    guard mode.goesBackward else { return memory }
    if activation.derivativeReadsInput { memory.saved = batch * units }
    memory.workspace = max(
      memory.workspace,
      Gemm.workspaceCount(rows: count, columns: units, depth: batch, threads: threads),
      Gemm.workspaceCount(rows: batch, columns: count, depth: units, threads: threads),
      Kernels.columnSumsWorkspace(rows: batch, columns: units))
    return memory
  }

  public func forward(_ call: ForwardCall) {
    let x = call.inputs[0]
    let count = x.shape.last
    let function = activation.leavingSoftmax(call.wantsLogits)
    Gemm.multiply(
      MatrixOperand(x.base, rowStep: count),
      MatrixOperand(parameters[0].value.base, rowStep: units),
      into: preactivation(call, of: function),
      cRow: units,
      rows: x.shape.count / count, columns: units, depth: count,
      bias: usesBias ? UnsafePointer(parameters[1].value.base) : nil,
      relu: function == .relu || call.fusion.relu, workspace: call.workspace, pool: call.pool)
    activate(call, by: function)
  }

  public func backward(_ call: BackwardCall) {
    let x = call.inputs[0]
    let count = x.shape.last
    let batch = x.shape.count / count
    let dy = call.outputGradient
    beginBackward(call, through: activation.leavingSoftmax(call.wantsLogits))
    // dW = xᵀ · dy
    Gemm.multiply(
      MatrixOperand(x.base, rowStep: 1, columnStep: count), MatrixOperand(dy.base, rowStep: units),
      into: parameters[0].gradient.base, cRow: units, rows: count, columns: units, depth: batch,
      workspace: call.workspace, pool: call.pool)
    guard let dx = call.inputGradients[0] else { return }
    // dx = dy · Wᵀ
    Gemm.multiply(
      MatrixOperand(dy.base, rowStep: units),
      MatrixOperand(parameters[0].value.base, rowStep: 1, columnStep: units), into: dx.base,
      cRow: count, rows: batch, columns: count, depth: units, workspace: call.workspace,
      pool: call.pool)
  }

  public func multiplyAdds(for inputs: [Shape]) -> Int { inputs[0].count * units }
}
