/// Rows of A as the tiles read them, six at a time: in place, or copied into strips `[strip][depth][6]`.
struct GemmStrips {
  let base: UnsafePointer<Float>
  /// Floats from a strip to the next, whatever rows it has; zero in place.
  let stripStep: Int
  /// Floats from a row to the next, to find where a strip starts; zero for a copy.
  let rowStart: Int
  /// Inside a strip: element (row, k) at `[row * rowStep + k * columnStep]`.
  let rowStep: Int
  let columnStep: Int

  var isCopied: Bool { rowStart == 0 }

  static func inPlace(_ a: MatrixOperand) -> GemmStrips {
    GemmStrips(
      base: a.base, stripStep: 0, rowStart: a.rowStep, rowStep: a.rowStep, columnStep: a.columnStep)
  }

  static func copied(_ base: UnsafePointer<Float>, depth: Int) -> GemmStrips {
    GemmStrips(
      base: base, stripStep: Gemm.stripStep(depth: depth), rowStart: 0, rowStep: 1, columnStep: 6)
  }
}

extension Gemm {
  // MARK: B

  /// Floats that packing B of `depth` rows and `columns` takes.
  static func packedCount(depth: Int, columns: Int) -> Int {
    ((columns + 15) / 16) * 16 * depth
  }

  /// Packs B `[depth, columns]` into panels `[ceil(columns / 16)][depth][16]`, the last one padded with zeros.
  static func pack(
    _ b: MatrixOperand, depth: Int, columns: Int, into packed: UnsafeMutablePointer<Float>,
    pool: WorkerPool
  ) {
    pool.run(blocks: (columns + 15) / 16) { _, panel in
      packPanels(
        b, from: (0, panel * 16), depth: depth, columns: min(16, columns - panel * 16),
        into: packed + panel * depth * 16)
    }
  }

  /// The same for the part of B that starts at `origin`, on the calling thread.
  static func packPanels(
    _ b: MatrixOperand, from origin: (row: Int, column: Int), depth: Int, columns: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let start = b.at(origin.row, origin.column)
    if b.columnStep != 1 {
      packTurned(b, start, depth: depth, columns: columns, into: packed)
      return
    }
    let whole = columns / 16
    let left = columns % 16
    for k in 0..<depth {
      let source = start + k * b.rowStep
      let row = packed + k * 16
      for panel in 0..<whole {
        let target = row + panel * depth * 16
        Lanes(at: source + panel * 16).store(to: target)
        Lanes(at: source + panel * 16 + 8).store(to: target + 8)
      }
      if left > 0 {
        let target = row + whole * depth * 16
        Lanes(at: source + whole * 16, count: left).store(to: target)
        Lanes(at: source + whole * 16 + 8, count: left - 8).store(to: target + 8)
      }
    }
  }

  /// The same for a B that is stored by columns: squares of eight are turned in registers.
  private static func packTurned(
    _ b: MatrixOperand, _ start: UnsafePointer<Float>, depth: Int, columns: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    for first in stride(from: 0, to: (columns + 15) / 16 * 16, by: 8) {
      let target = packed + first / 16 * depth * 16 + first % 16
      let width = max(0, min(8, columns - first))
      let source = start + first * b.columnStep
      var k = 0
      if width == 8, b.rowStep == 1 {
        while k + 8 <= depth {
          LaneSquare(at: source + k, step: b.columnStep).storeTurned(to: target + k * 16, step: 16)
          k += 8
        }
      }
      while k < depth {
        let row = target + k * 16
        for column in 0..<width { row[column] = source[k * b.rowStep + column * b.columnStep] }
        for column in width..<8 { row[column] = 0 }
        k += 1
      }
    }
  }

  // MARK: A

  /// Floats from one strip to the next: two to spare, see `packStrips`.
  static func stripStep(depth: Int) -> Int { depth * 6 + 2 }

  static func stripsCount(rows: Int, depth: Int) -> Int { (rows + 5) / 6 * stripStep(depth: depth) }

  /// Copies the part of A that starts at `origin` into strips `[strip][depth][6]`, `stripStep` apart; only those in `strips`.
  /// Whole vectors are stored for six floats, so two more than belong to a strip are written behind it.
  static func packStrips(
    _ a: MatrixOperand, from origin: (row: Int, column: Int), rows: Int, depth: Int,
    strips: Range<Int> = 0..<Int.max, into packed: UnsafeMutablePointer<Float>, stripStep: Int
  ) {
    let strips = strips.clamped(to: 0..<(rows + 5) / 6)
    var first = 0
    for _ in 0..<strips.lowerBound { first += stripRows(left: rows - first) }
    let start = a.at(origin.row, origin.column)
    let turned = a.columnStep == 1 ? depth / 8 * 8 : 0
    if turned > 0 {
      var row = first
      for strip in strips {
        let height = stripRows(left: rows - row)
        packRows(
          a, start + row * a.rowStep, rows: height, depth: turned, into: packed + strip * stripStep)
        row += height
      }
    }
    for k in turned..<depth {
      let source = start + k * a.columnStep
      var row = first
      for strip in strips {
        let height = stripRows(left: rows - row)
        let target = packed + strip * stripStep + k * 6
        if a.rowStep == 1, row + 8 <= rows {
          Lanes(at: source + row).store(to: target)
        } else {
          for index in 0..<height { target[index] = source[(row + index) * a.rowStep] }
        }
        row += height
      }
    }
  }

  /// One strip of an A stored by rows, for a depth of whole eights: six rows of eight become eight rows of six.
  private static func packRows(
    _ a: MatrixOperand, _ r0: UnsafePointer<Float>, rows: Int, depth: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    // Rows that are not there repeat the last; nobody reads them.
    let r1 = r0 + min(1, rows - 1) * a.rowStep
    let r2 = r0 + min(2, rows - 1) * a.rowStep
    let r3 = r0 + min(3, rows - 1) * a.rowStep
    let r4 = r0 + min(4, rows - 1) * a.rowStep
    let r5 = r0 + min(5, rows - 1) * a.rowStep
    for k in stride(from: 0, to: depth, by: 8) {
      LaneSquare(
        Lanes(at: r0 + k), Lanes(at: r1 + k), Lanes(at: r2 + k), Lanes(at: r3 + k),
        Lanes(at: r4 + k), Lanes(at: r5 + k), .zero, .zero
      ).storeTurned(to: packed + k * 6, step: 6)
    }
  }
}
