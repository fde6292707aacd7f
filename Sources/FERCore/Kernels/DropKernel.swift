extension Kernels {
  /// `y = x` with elements set to zero with probability `rate` and the others divided by `1 - rate`. The same key drops
  /// the same elements, whatever the number of threads. y may be x.
  ///
  /// An element's draw is a hash of its place and the key (a multiply-xorshift mix of 32 bits with low bias, found by
  /// Wellons 2018), so eight are drawn at once and none depends on another.
  static func drop(
    _ x: TensorView, rate: Float, key: UInt64, into y: MutableTensorView, pool: WorkerPool
  ) {
    precondition(x.shape.count == y.shape.count, "\(x.shape) into \(y.shape)")
    typealias Bits = SIMD8<UInt32>
    let threshold = Bits(repeating: UInt32(Double(rate) * 0x1p32))
    let scale = Lanes(repeating: 1 / (1 - rate))
    let low = Bits(repeating: UInt32(truncatingIfNeeded: key))
    let high = Bits(repeating: UInt32(truncatingIfNeeded: key >> 32))
    let lanes = Bits(0, 1, 2, 3, 4, 5, 6, 7)
    pool.run(over: y.shape.count, grain: elementGrain) { range in
      var i = range.lowerBound
      while i < range.upperBound {
        var bits = (Bits(repeating: UInt32(truncatingIfNeeded: i)) &+ lanes) ^ low
        bits = (bits ^ (bits &>> 16)) &* 0x7FEB_352D
        bits = ((bits ^ high) ^ (bits &>> 15)) &* 0x846C_A68B
        bits ^= bits &>> 16
        let falls = bits .< threshold
        if i + 8 <= range.upperBound {
          (Lanes(at: x.base + i) * scale).replacing(with: 0, where: falls).store(to: y.base + i)
        } else {
          for lane in 0..<range.upperBound - i {
            y.base[i + lane] = falls[lane] ? 0 : x.base[i + lane] * scale[lane]
          }
        }
        i += 8
      }
    }
  }
}
