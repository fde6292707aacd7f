/// Arithmetic: pointers and shapes in, numbers out. What takes views checks that their counts go together. What takes bare
/// pointers (products, convolutions, pooling, normalisation, resampling) trusts the sizes it is given: layers take them from
/// the shapes that `Layer.outputShape` answered when the network was built or resized, and plans place memory by the same.
public enum Kernels {
  /// `target += source`, element by element.
  static func add(_ source: TensorView, to target: MutableTensorView, pool: WorkerPool) {
    precondition(source.shape.count == target.shape.count, "\(source.shape) + \(target.shape)")
    let count = target.shape.count
    pool.run(over: count, grain: elementGrain) { range in
      for i in range { target.base[i] += source.base[i] }
    }
  }

  /// Elements in a block of elementwise work: 64 KB, large enough to hide the cost of handing it out.
  static let elementGrain = 16384
}

/// The width the kernels are written for: one AVX register, two NEON or SSE ones.
typealias Lanes = SIMD8<Float>

/// Multiply-accumulate in one instruction where the CPU flags have it. Without FMA Swift would call the C library for
/// each lane, so there it is a multiply and an add, rounded twice.
extension SIMD8<Float> {
  @inline(__always)
  mutating func accumulate(_ a: Self, _ b: Self) {
    if CompiledCPU.hasFMA { addProduct(a, b) } else { self += a * b }
  }

  @inline(__always)
  init(at pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Self.self)
  }

  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Self.self)
  }
}

extension SIMD8<Float> {
  /// Eight floats `step` apart.
  @inline(__always)
  init(at pointer: UnsafePointer<Float>, step: Int) {
    if step == 1 {
      self.init(at: pointer)
    } else {
      self.init(
        pointer[0], pointer[step], pointer[2 * step], pointer[3 * step], pointer[4 * step],
        pointer[5 * step], pointer[6 * step], pointer[7 * step])
    }
  }
}

extension SIMD8<Float> {
  /// The larger of each lane and `floor`; not a number stays not a number, so that a broken run is seen.
  @inline(__always)
  func atLeast(_ floor: Self) -> Self { replacing(with: floor, where: self .< floor) }
}

// The library's own conversions between vectors are functions the optimiser does not always inline.
extension SIMD8<Int32> {
  /// Each byte in a lane.
  @inline(__always)
  init(_ bytes: SIMD8<UInt8>) {
    self.init(
      Int32(bytes[0]), Int32(bytes[1]), Int32(bytes[2]), Int32(bytes[3]), Int32(bytes[4]),
      Int32(bytes[5]), Int32(bytes[6]), Int32(bytes[7]))
  }

  /// The lowest byte of each lane.
  @inline(__always)
  var bytes: SIMD8<UInt8> {
    SIMD8<UInt8>(
      UInt8(truncatingIfNeeded: self[0]), UInt8(truncatingIfNeeded: self[1]),
      UInt8(truncatingIfNeeded: self[2]), UInt8(truncatingIfNeeded: self[3]),
      UInt8(truncatingIfNeeded: self[4]), UInt8(truncatingIfNeeded: self[5]),
      UInt8(truncatingIfNeeded: self[6]), UInt8(truncatingIfNeeded: self[7]))
  }
}
