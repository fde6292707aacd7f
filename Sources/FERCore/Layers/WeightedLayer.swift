/// A layer of weights: a kernel, perhaps a bias, then an activation. What these have in common lies here.
public protocol WeightedLayer: Layer {
  var activation: ActivationFunction { get }
  var usesBias: Bool { get }
}

/// A layer that computes by an ordinary convolution: itself, or one within it.
protocol ConvolvingLayer: Layer {
  var convolution: Conv2D { get }
}

extension Conv2D: ConvolvingLayer {
  var convolution: Conv2D { self }
}
extension ExpandedConv2D: ConvolvingLayer {
  var convolution: Conv2D { whole }
}
extension SeparableConv2D: ConvolvingLayer {
  var convolution: Conv2D { pointwise }
}

extension WeightedLayer {
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

  /// Where a forward pass puts what goes into the activation.
  func preactivation(_ call: ForwardCall, of function: ActivationFunction)
    -> UnsafeMutablePointer<Float>
  {
    function.derivativeReadsInput && call.mode.goesBackward ? call.saved : call.output.base
  }

  /// Ends a forward pass whose kernel has applied ReLU itself.
  func activate(_ call: ForwardCall, by function: ActivationFunction) {
    guard function != .linear, function != .relu else { return }
    Kernels.activate(
      function, TensorView(base: preactivation(call, of: function), shape: call.output.shape),
      into: call.output, pool: call.pool)
  }

  /// Begins a backward pass: takes the output's gradient through the activation, in place, and the bias' from it.
  func beginBackward(_ call: BackwardCall, through activation: ActivationFunction) {
    let dy = call.outputGradient
    let function = call.fusion.relu ? .relu : activation
    if function != .linear {
      let reference =
        function.derivativeReadsInput
        ? TensorView(base: call.saved, shape: dy.shape) : call.output
      Kernels.activationGradient(function, dy.view, reference: reference, into: dy, pool: call.pool)
    }
    guard usesBias else { return }
    let columns = dy.shape.last
    Kernels.columnSums(
      dy.base, rows: dy.shape.count / columns, columns: columns,
      into: parameters[1].gradient.base, workspace: call.workspace, pool: call.pool)
  }
}
