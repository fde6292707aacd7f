/// Four rows by sixteen columns of a product: with `Tile6x16` it covers any even number of rows from eight on without
/// waste. Eight accumulators just hide the multiply-add's latency.
struct Tile4x16 {
  var c00 = Lanes.zero, c01 = Lanes.zero
  var c10 = Lanes.zero, c11 = Lanes.zero
  var c20 = Lanes.zero, c21 = Lanes.zero
  var c30 = Lanes.zero, c31 = Lanes.zero

  @inline(__always) init() {}

  /// Adds the product of `steps` columns of a and rows of b; see `Tile6x16`.
  @inline(__always)
  mutating func accumulate(
    steps: Int, _ a0: UnsafePointer<Float>, _ a1: UnsafePointer<Float>, _ a2: UnsafePointer<Float>,
    _ a3: UnsafePointer<Float>, aStep: Int, b: UnsafePointer<Float>, bStep: Int
  ) {
    var b = b
    var offset = 0
    for _ in 0..<steps {
      let b0 = Lanes(at: b)
      let b1 = Lanes(at: b + 8)
      var a = Lanes(repeating: a0[offset])
      c00.accumulate(a, b0)
      c01.accumulate(a, b1)
      a = Lanes(repeating: a1[offset])
      c10.accumulate(a, b0)
      c11.accumulate(a, b1)
      a = Lanes(repeating: a2[offset])
      c20.accumulate(a, b0)
      c21.accumulate(a, b1)
      a = Lanes(repeating: a3[offset])
      c30.accumulate(a, b0)
      c31.accumulate(a, b1)
      b += bStep
      offset &+= aStep
    }
  }

  /// Overwrites four rows of sixteen.
  @inline(__always)
  func store(to c: UnsafeMutablePointer<Float>, row: Int) {
    c00.store(to: c)
    c01.store(to: c + 8)
    c10.store(to: c + row)
    c11.store(to: c + row + 8)
    c20.store(to: c + 2 * row)
    c21.store(to: c + 2 * row + 8)
    c30.store(to: c + 3 * row)
    c31.store(to: c + 3 * row + 8)
  }

  /// Starts from what is there, so that `store` adds to it.
  @inline(__always)
  mutating func load(from c: UnsafePointer<Float>, row: Int) {
    c00 = Lanes(at: c)
    c01 = Lanes(at: c + 8)
    c10 = Lanes(at: c + row)
    c11 = Lanes(at: c + row + 8)
    c20 = Lanes(at: c + 2 * row)
    c21 = Lanes(at: c + 2 * row + 8)
    c30 = Lanes(at: c + 3 * row)
    c31 = Lanes(at: c + 3 * row + 8)
  }
}
