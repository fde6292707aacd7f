/// Six rows by thirty-two columns: `Tile6x16` for CPUs whose registers hold sixteen floats, over two neighbouring panels
/// of sixteen, so that B is packed the same way everywhere. Twelve of the 32 registers hold sums.
///
/// Callers ask `CompiledCPU.hasAVX512`, a constant; elsewhere this is compiled away. It has been compiled and its loop read
/// for AVX-512 (`EMOJIFY_MARCH=x86-64-v4`), but not yet timed on such a CPU.
struct Tile6x32 {
  typealias Lanes = SIMD16<Float>

  var c00 = Lanes.zero, c01 = Lanes.zero
  var c10 = Lanes.zero, c11 = Lanes.zero
  var c20 = Lanes.zero, c21 = Lanes.zero
  var c30 = Lanes.zero, c31 = Lanes.zero
  var c40 = Lanes.zero, c41 = Lanes.zero
  var c50 = Lanes.zero, c51 = Lanes.zero

  @inline(__always) init() {}

  /// Adds the product of `steps` columns of a and rows of b. Each element is one chain of multiply-adds.
  /// - Parameters:
  ///   - a: element (row, k) at `a[row * aRow + k * aStep]`
  ///   - b: element (k, column) at `b[k * bStep + column]`, from the sixteenth column on `panelStep` floats further
  @inline(__always)
  mutating func accumulate(
    steps: Int, a: UnsafePointer<Float>, aRow: Int, aStep: Int, b: UnsafePointer<Float>,
    bStep: Int, panelStep: Int
  ) {
    let a0 = a
    let a1 = a + aRow
    let a2 = a + 2 * aRow
    let a3 = a + 3 * aRow
    let a4 = a + 4 * aRow
    let a5 = a + 5 * aRow
    var b = b
    var offset = 0
    for _ in 0..<steps {
      let b0 = Lanes(at: b)
      let b1 = Lanes(at: b + panelStep)
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

  /// Overwrites six rows of thirty-two.
  @inline(__always)
  func store(to c: UnsafeMutablePointer<Float>, row: Int) {
    c00.store(to: c)
    c01.store(to: c + 16)
    c10.store(to: c + row)
    c11.store(to: c + row + 16)
    c20.store(to: c + 2 * row)
    c21.store(to: c + 2 * row + 16)
    c30.store(to: c + 3 * row)
    c31.store(to: c + 3 * row + 16)
    c40.store(to: c + 4 * row)
    c41.store(to: c + 4 * row + 16)
    c50.store(to: c + 5 * row)
    c51.store(to: c + 5 * row + 16)
  }

  /// Adds what is there, so that `store` adds to it.
  @inline(__always)
  mutating func add(from c: UnsafePointer<Float>, row: Int) {
    c00 += Lanes(at: c)
    c01 += Lanes(at: c + 16)
    c10 += Lanes(at: c + row)
    c11 += Lanes(at: c + row + 16)
    c20 += Lanes(at: c + 2 * row)
    c21 += Lanes(at: c + 2 * row + 16)
    c30 += Lanes(at: c + 3 * row)
    c31 += Lanes(at: c + 3 * row + 16)
    c40 += Lanes(at: c + 4 * row)
    c41 += Lanes(at: c + 4 * row + 16)
    c50 += Lanes(at: c + 5 * row)
    c51 += Lanes(at: c + 5 * row + 16)
  }
}

extension SIMD16<Float> {
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
