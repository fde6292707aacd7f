import Foundation

/// A block of zeroed floats, 64-byte aligned (a cache line, and an AVX-512 vector).
///
/// Large blocks ask for huge pages: the transforms write to dozens of places at once, more than the first-level address
/// cache holds of 4 KB pages.
public final class FloatBuffer: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Float>
  public let count: Int

  public init(count: Int) {
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let hugePage = 2 << 20
    let isLarge = bytes >= 2 * hugePage
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: isLarge ? hugePage : 64)
    // Only advice: where the system has no huge pages nothing changes.
    if isLarge { madvise(raw, bytes, MADV_HUGEPAGE) }
    base = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    base.initialize(repeating: 0, count: max(count, 1))
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  /// Whether no element is infinite or not a number.
  var isFinite: Bool {
    // 0 times what is not finite is not a number, which stays in a sum.
    var sum: Float = 0
    for k in 0..<count { sum += base[k] * 0 }
    return sum == 0
  }
}

/// A dense row-major array of Float32 that owns its elements; copied when shared and written.
public struct Tensor: Sendable {
  public let shape: Shape
  private var buffer: FloatBuffer

  /// A tensor of zeros.
  public init(_ shape: Shape) {
    self.shape = shape
    buffer = FloatBuffer(count: shape.count)
  }

  /// A tensor of `elements`, row-major; traps unless their number is the shape's.
  public init(_ shape: Shape, _ elements: [Float]) {
    precondition(elements.count == shape.count, "\(elements.count) elements for \(shape)")
    self.init(shape)
    elements.withUnsafeBufferPointer {
      if let source = $0.baseAddress { buffer.base.update(from: source, count: elements.count) }
    }
  }

  /// A copy of what `view` shows.
  public init(copying view: TensorView) {
    self.init(view.shape)
    buffer.base.update(from: view.base, count: view.shape.count)
  }

  /// The element at a row-major offset.
  public subscript(offset: Int) -> Float {
    get {
      precondition(offset >= 0 && offset < shape.count)
      return buffer.base[offset]
    }
    set {
      precondition(offset >= 0 && offset < shape.count)
      makeUnique()
      buffer.base[offset] = newValue
    }
  }

  /// The elements, row-major.
  public var elements: [Float] {
    Array(UnsafeBufferPointer(start: buffer.base, count: shape.count))
  }

  /// A borrowed look at the elements, valid while this tensor lives and is not written.
  public var view: TensorView { TensorView(base: buffer.base, shape: shape) }

  /// A borrowed, writable look at the elements, valid while this tensor lives and is not copied.
  public var mutableView: MutableTensorView {
    mutating get {
      makeUnique()
      return MutableTensorView(base: buffer.base, shape: shape)
    }
  }

  private mutating func makeUnique() {
    guard !isKnownUniquelyReferenced(&buffer) else { return }
    let copy = FloatBuffer(count: shape.count)
    copy.base.update(from: buffer.base, count: shape.count)
    buffer = copy
  }
}
