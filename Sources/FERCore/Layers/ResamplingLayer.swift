/// A layer that gives images another size. What these have in common lies here.
protocol ResamplingLayer: Layer {
  /// Made in `build`.
  var resampling: Resampling? { get }
}

extension ResamplingLayer {
  public var isBuiltForExtents: Bool { true }

  /// For each row and column two places of 64 bits and a share.
  public func ownCount(for inputs: [Shape]) -> Int {
    (try? outputShape(for: inputs)).map { 5 * ($0[0] + $0[1]) } ?? 0
  }

  public func forward(_ call: ForwardCall) {
    resampling?.forward(
      call.inputs[0].base, into: call.output.base, batch: call.output.shape[0], pool: call.pool)
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    resampling?.backward(
      call.outputGradient.base, into: dx.base, batch: dx.shape[0], pool: call.pool)
  }
}
