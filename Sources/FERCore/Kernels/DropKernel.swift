extension Kernels {
  /// `y = x` with elements set to zero with probability `rate` and the others divided by `1 - rate`. The same key drops
  /// the same elements. y may be x.
  ///
  /// Draws are sixteen bits wide, four to a random number; the scale is that of the rounded probability, so the mean is
  /// exact.
  static func drop(
    _ x: TensorView, rate: Float, key: UInt64, into y: MutableTensorView, pool: WorkerPool
  ) {
    precondition(x.shape.count == y.shape.count, "\(x.shape) into \(y.shape)")
    let threshold = UInt64((rate * 65536).rounded())
    let scale = 65536 / Float(65536 - threshold)
    pool.run(over: y.shape.count, grain: elementGrain) { range in
      var random = SeededRandom(seed: key, UInt64(range.lowerBound))
      var i = range.lowerBound
      while i < range.upperBound {
        var bits = random.next()
        for j in i..<min(i + 4, range.upperBound) {
          y.base[j] = bits & 0xFFFF < threshold ? 0 : x.base[j] * scale
          bits >>= 16
        }
        i += 4
      }
    }
  }
}
