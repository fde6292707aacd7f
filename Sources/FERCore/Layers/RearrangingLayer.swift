/// A layer whose every output element is one input element, or zero. What these have in common lies here.
protocol RearrangingLayer: Layer {
  /// Made in `build`.
  var rearrangement: Rearrangement? { get }
}

extension RearrangingLayer {
  public var isBuiltForExtents: Bool { true }
  public func ownCount(for inputs: [Shape]) -> Int { (try? outputShape(for: inputs))?.count ?? 0 }

  public func forward(_ call: ForwardCall) {
    rearrangement?.forward(
      call.inputs[0].base, into: call.output.base, batch: call.output.shape[0], pool: call.pool)
  }

  public func backward(_ call: BackwardCall) {
    guard let dx = call.inputGradients[0] else { return }
    rearrangement?.backward(
      call.outputGradient.base, into: dx.base, batch: dx.shape[0], pool: call.pool)
  }
}

/// What is added to, or taken from, each side of an image, in pixels.
public struct Margins: Equatable, Sendable {
  public var top, bottom, left, right: Int

  static let none = Margins(top: 0, bottom: 0, left: 0, right: 0)

  public init(top: Int, bottom: Int, left: Int, right: Int) {
    precondition(min(top, bottom, left, right) >= 0, "a negative margin")
    (self.top, self.bottom, self.left, self.right) = (top, bottom, left, right)
  }
}
