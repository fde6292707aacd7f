/// Six rows by sixteen columns of a product, held in twelve vector registers.
///
/// ```
///            b  [k, 16]      two vectors a step
///   a [6, k] c  [6, 16]      c += a[:, k] ⊗ b[k, :]
/// ```
/// 6 x 16 is the largest tile whose accumulators, two vectors of b and one broadcast of a fit the sixteen AVX registers
/// (Goto & van de Geijn 2008; Van Zee & van de Geijn 2015). It takes 12 multiply-adds for 8 loads.
///
/// At C's edges a tile has fewer rows, or columns in its first vector only. Everything here is inlined and `Rows` and
/// `isWide` are literals, so what is not asked for is not computed.
struct Tile6x16 {
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
  ///   - b: element (k, column) at `b[k * bStep + column]`
  @inline(__always)
  mutating func accumulate<Rows: TileRows>(
    _: Rows.Type = SixRows.self, isWide: Bool = true, steps: Int, a: UnsafePointer<Float>,
    aRow: Int, aStep: Int, b: UnsafePointer<Float>, bStep: Int
  ) {
    accumulate(
      Rows.self, isWide: isWide, steps: steps, a, a + aRow, a + 2 * aRow, a + 3 * aRow,
      a + 4 * aRow, a + 5 * aRow, aStep: aStep, b: b, bStep: bStep)
  }

  /// The same with a pointer for each row; those past `Rows` are not read.
  @inline(__always)
  mutating func accumulate<Rows: TileRows>(
    _: Rows.Type = SixRows.self, isWide: Bool = true, steps: Int, _ a0: UnsafePointer<Float>,
    _ a1: UnsafePointer<Float>, _ a2: UnsafePointer<Float>, _ a3: UnsafePointer<Float>,
    _ a4: UnsafePointer<Float>, _ a5: UnsafePointer<Float>, aStep: Int, b: UnsafePointer<Float>,
    bStep: Int
  ) {
    var b = b
    var offset = 0
    for _ in 0..<steps {
      add(
        Rows.self, isWide: isWide, a0[offset], a1[offset], a2[offset], a3[offset], a4[offset],
        a5[offset], Lanes(at: b), isWide ? Lanes(at: b + 8) : .zero)
      b += bStep
      offset &+= aStep
    }
  }

  @inline(__always)
  private mutating func add<Rows: TileRows>(
    _: Rows.Type, isWide: Bool, _ a0: @autoclosure () -> Float, _ a1: @autoclosure () -> Float,
    _ a2: @autoclosure () -> Float, _ a3: @autoclosure () -> Float, _ a4: @autoclosure () -> Float,
    _ a5: @autoclosure () -> Float, _ b0: Lanes, _ b1: Lanes
  ) {
    var a = Lanes(repeating: a0())
    c00.accumulate(a, b0)
    if isWide { c01.accumulate(a, b1) }
    if Rows.count > 1 {
      a = Lanes(repeating: a1())
      c10.accumulate(a, b0)
      if isWide { c11.accumulate(a, b1) }
    }
    if Rows.count > 2 {
      a = Lanes(repeating: a2())
      c20.accumulate(a, b0)
      if isWide { c21.accumulate(a, b1) }
    }
    if Rows.count > 3 {
      a = Lanes(repeating: a3())
      c30.accumulate(a, b0)
      if isWide { c31.accumulate(a, b1) }
    }
    if Rows.count > 4 {
      a = Lanes(repeating: a4())
      c40.accumulate(a, b0)
      if isWide { c41.accumulate(a, b1) }
    }
    if Rows.count > 5 {
      a = Lanes(repeating: a5())
      c50.accumulate(a, b0)
      if isWide { c51.accumulate(a, b1) }
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

  /// Overwrites the first `width` columns of some rows.
  @inline(__always)
  func store<Rows: TileRows>(
    _: Rows.Type, to c: UnsafeMutablePointer<Float>, row: Int, width: Int
  ) {
    c00.store(to: c, count: width)
    c01.store(to: c + 8, count: width - 8)
    if Rows.count > 1 {
      c10.store(to: c + row, count: width)
      c11.store(to: c + row + 8, count: width - 8)
    }
    if Rows.count > 2 {
      c20.store(to: c + 2 * row, count: width)
      c21.store(to: c + 2 * row + 8, count: width - 8)
    }
    if Rows.count > 3 {
      c30.store(to: c + 3 * row, count: width)
      c31.store(to: c + 3 * row + 8, count: width - 8)
    }
    if Rows.count > 4 {
      c40.store(to: c + 4 * row, count: width)
      c41.store(to: c + 4 * row + 8, count: width - 8)
    }
    if Rows.count > 5 {
      c50.store(to: c + 5 * row, count: width)
      c51.store(to: c + 5 * row + 8, count: width - 8)
    }
  }

  /// Adds what is there, so that `store` adds to it.
  @inline(__always)
  mutating func add(from c: UnsafePointer<Float>, row: Int) {
    c00 += Lanes(at: c)
    c01 += Lanes(at: c + 8)
    c10 += Lanes(at: c + row)
    c11 += Lanes(at: c + row + 8)
    c20 += Lanes(at: c + 2 * row)
    c21 += Lanes(at: c + 2 * row + 8)
    c30 += Lanes(at: c + 3 * row)
    c31 += Lanes(at: c + 3 * row + 8)
    c40 += Lanes(at: c + 4 * row)
    c41 += Lanes(at: c + 4 * row + 8)
    c50 += Lanes(at: c + 5 * row)
    c51 += Lanes(at: c + 5 * row + 8)
  }

  /// The same for the first `width` columns of some rows.
  @inline(__always)
  mutating func add<Rows: TileRows>(
    _: Rows.Type, from c: UnsafePointer<Float>, row: Int, width: Int
  ) {
    c00 += Lanes(at: c, count: width)
    c01 += Lanes(at: c + 8, count: width - 8)
    if Rows.count > 1 {
      c10 += Lanes(at: c + row, count: width)
      c11 += Lanes(at: c + row + 8, count: width - 8)
    }
    if Rows.count > 2 {
      c20 += Lanes(at: c + 2 * row, count: width)
      c21 += Lanes(at: c + 2 * row + 8, count: width - 8)
    }
    if Rows.count > 3 {
      c30 += Lanes(at: c + 3 * row, count: width)
      c31 += Lanes(at: c + 3 * row + 8, count: width - 8)
    }
    if Rows.count > 4 {
      c40 += Lanes(at: c + 4 * row, count: width)
      c41 += Lanes(at: c + 4 * row + 8, count: width - 8)
    }
    if Rows.count > 5 {
      c50 += Lanes(at: c + 5 * row, count: width)
      c51 += Lanes(at: c + 5 * row + 8, count: width - 8)
    }
  }
}

extension Tile6x16 {
  /// Every row starts from the same sixteen numbers.
  @inline(__always)
  mutating func start(_ first: Lanes, _ second: Lanes) {
    (c00, c10, c20, c30, c40, c50) = (first, first, first, first, first, first)
    (c01, c11, c21, c31, c41, c51) = (second, second, second, second, second, second)
  }

  /// No element stays below `floor`.
  @inline(__always)
  mutating func raise(to floor: Lanes) {
    c00 = c00.atLeast(floor)
    c01 = c01.atLeast(floor)
    c10 = c10.atLeast(floor)
    c11 = c11.atLeast(floor)
    c20 = c20.atLeast(floor)
    c21 = c21.atLeast(floor)
    c30 = c30.atLeast(floor)
    c31 = c31.atLeast(floor)
    c40 = c40.atLeast(floor)
    c41 = c41.atLeast(floor)
    c50 = c50.atLeast(floor)
    c51 = c51.atLeast(floor)
  }
}

/// How many rows a tile has, known to the compiler.
protocol TileRows { static var count: Int { get } }
enum OneRow: TileRows { static var count: Int { 1 } }
enum TwoRows: TileRows { static var count: Int { 2 } }
enum ThreeRows: TileRows { static var count: Int { 3 } }
enum FourRows: TileRows { static var count: Int { 4 } }
enum FiveRows: TileRows { static var count: Int { 5 } }
enum SixRows: TileRows { static var count: Int { 6 } }
