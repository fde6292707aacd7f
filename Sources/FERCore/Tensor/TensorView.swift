/// A borrowed look at row-major floats that somebody else keeps alive.
public struct TensorView: @unchecked Sendable {
  public let base: UnsafePointer<Float>
  public let shape: Shape

  public init(base: UnsafePointer<Float>, shape: Shape) {
    self.base = base
    self.shape = shape
  }

  public var elements: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: base, count: shape.count)
  }
}

/// A borrowed, writable look at row-major floats that somebody else keeps alive.
public struct MutableTensorView: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Float>
  public let shape: Shape

  public init(base: UnsafeMutablePointer<Float>, shape: Shape) {
    self.base = base
    self.shape = shape
  }

  public var view: TensorView { TensorView(base: base, shape: shape) }

  public var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: shape.count)
  }

  public func fill(_ value: Float) { base.update(repeating: value, count: shape.count) }

  public func copy(from source: TensorView) {
    precondition(source.shape.count == shape.count, "\(source.shape) into \(shape)")
    base.update(from: source.base, count: shape.count)
  }
}
