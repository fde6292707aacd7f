/// Six rows by sixteen columns of a product, held in twelve vector registers.
///
/// ```
///            b  [k, 16]      two vectors a step
///   a [6, k] c  [6, 16]      c += a[:, k] ⊗ b[k, :]
/// ```
/// 6 x 16 is the largest tile whose accumulators, two vectors of b and one broadcast of a fit the sixteen AVX registers
/// (Goto & van de Geijn 2008; Van Zee & van de Geijn 2015). It takes 12 multiply-adds for 8 loads.
struct Tile6x16 {
  static let rows = 6
  static let columns = 16

  var c00 = Lanes.zero, c01 = Lanes.zero
  var c10 = Lanes.zero, c11 = Lanes.zero
  var c20 = Lanes.zero, c21 = Lanes.zero
  var c30 = Lanes.zero, c31 = Lanes.zero
  var c40 = Lanes.zero, c41 = Lanes.zero
  var c50 = Lanes.zero, c51 = Lanes.zero

  @inline(__always) init() {}

  /// Adds the product of `steps` columns of a and rows of b.
  /// - Parameters:
  ///   - a: element (row, k) at `a[row * aRow + k * aStep]`
  ///   - b: element (k, column) at `b[k * bStep + column]`
  @inline(__always)
  mutating func accumulate(
    steps: Int, a: UnsafePointer<Float>, aRow: Int, aStep: Int, b: UnsafePointer<Float>, bStep: Int
  ) {
    accumulate(
      steps: steps, a, a + aRow, a + 2 * aRow, a + 3 * aRow, a + 4 * aRow, a + 5 * aRow,
      aStep: aStep, b: b, bStep: bStep)
  }

  /// The same with a pointer for each row; at an edge several may be the same row.
  @inline(__always)
  mutating func accumulate(
    steps: Int, _ a0: UnsafePointer<Float>, _ a1: UnsafePointer<Float>, _ a2: UnsafePointer<Float>,
    _ a3: UnsafePointer<Float>, _ a4: UnsafePointer<Float>, _ a5: UnsafePointer<Float>, aStep: Int,
    b: UnsafePointer<Float>, bStep: Int
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
      a = Lanes(repeating: a4[offset])
      c40.accumulate(a, b0)
      c41.accumulate(a, b1)
      a = Lanes(repeating: a5[offset])
      c50.accumulate(a, b0)
      c51.accumulate(a, b1)
      b += bStep
      offset &+= aStep
    }
  }

  /// Overwrites six rows of sixteen.
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
    c40.store(to: c + 4 * row)
    c41.store(to: c + 4 * row + 8)
    c50.store(to: c + 5 * row)
    c51.store(to: c + 5 * row + 8)
  }

  /// Overwrites the upper left part of the tile only.
  @inline(never)
  func store(to c: UnsafeMutablePointer<Float>, row: Int, height: Int, width: Int) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 96) { scratch in
      let whole = scratch.baseAddress!
      store(to: whole, row: 16)
      for i in 0..<height {
        for j in 0..<width { c[i * row + j] = whole[i * 16 + j] }
      }
    }
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
    c40 = Lanes(at: c + 4 * row)
    c41 = Lanes(at: c + 4 * row + 8)
    c50 = Lanes(at: c + 5 * row)
    c51 = Lanes(at: c + 5 * row + 8)
  }
}
