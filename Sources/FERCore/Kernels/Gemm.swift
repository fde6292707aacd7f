/// A matrix in memory: element (row, column) at `base[row * rowStep + column * columnStep]`.
struct MatrixOperand {
  let base: UnsafePointer<Float>
  let rowStep: Int
  let columnStep: Int

  init(_ base: UnsafePointer<Float>, rowStep: Int, columnStep: Int = 1) {
    self.base = base
    self.rowStep = rowStep
    self.columnStep = columnStep
  }
}

/// Single-precision matrix multiply in the manner of Goto & van de Geijn 2008: B is packed into panels of sixteen columns
/// that stream through the registers, A is read in place.
enum Gemm {
  /// Depth of a block: a 256 x 16 panel of B is 16 KB, half the first-level cache.
  static let depthBlock = 256
  /// Rows of C in a unit of work.
  static let rowBlock = 96
  /// Columns of C in a unit of work.
  static let columnBlock = 128

  /// Floats that packing B of `depth` rows and `columns` takes.
  static func packedCount(depth: Int, columns: Int) -> Int {
    ((columns + 15) / 16) * 16 * depth
  }

  /// Packs B `[depth, columns]` into panels `[ceil(columns / 16)][depth][16]`, the last one padded with zeros.
  static func pack(
    _ b: MatrixOperand, depth: Int, columns: Int, into packed: UnsafeMutablePointer<Float>,
    pool: WorkerPool
  ) {
    let panels = (columns + 15) / 16
    pool.run(blocks: panels) { _, panel in
      let target = packed + panel * depth * 16
      let first = panel * 16
      let width = min(16, columns - first)
      for k in 0..<depth {
        let source = b.base + k * b.rowStep + first * b.columnStep
        let row = target + k * 16
        if width == 16, b.columnStep == 1 {
          Lanes(at: source).store(to: row)
          Lanes(at: source + 8).store(to: row + 8)
        } else {
          for j in 0..<width { row[j] = source[j * b.columnStep] }
          for j in width..<16 { row[j] = 0 }
        }
      }
    }
  }

  /// `C = A · B` or `C += A · B` for B packed by `pack`. Reference: `Reference.matmul` (tests).
  ///
  /// a `[rows, depth]`, any steps · c `[rows, columns]`, row-major with `cRow` floats between rows, aliases neither.
  static func multiply(
    _ a: MatrixOperand, packed b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    cRow: Int, rows: Int, columns: Int, depth: Int, accumulate: Bool, pool: WorkerPool
  ) {
    let rowBlocks = (rows + rowBlock - 1) / rowBlock
    let columnBlocks = (columns + columnBlock - 1) / columnBlock
    pool.run(blocks: rowBlocks * columnBlocks) { _, block in
      let firstRow = block / columnBlocks * rowBlock
      let firstColumn = block % columnBlocks * columnBlock
      multiplyBlock(
        a, b, c, cRow: cRow, rows: firstRow..<min(rows, firstRow + rowBlock),
        columns: firstColumn..<min(columns, firstColumn + columnBlock), depth: depth,
        accumulate: accumulate)
    }
  }

  /// One block of C on the calling thread; `columns` starts at a multiple of 16.
  static func multiplyBlock(
    _ a: MatrixOperand, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, cRow: Int,
    rows: Range<Int>, columns: Range<Int>, depth: Int, accumulate: Bool
  ) {
    var firstDepth = 0
    repeat {
      let steps = min(depthBlock, depth - firstDepth)
      let adds = accumulate || firstDepth > 0
      var column = columns.lowerBound
      while column < columns.upperBound {
        let width = min(16, columns.upperBound - column)
        let panel = b + (column / 16) * depth * 16 + firstDepth * 16
        var row = rows.lowerBound
        while row < rows.upperBound {
          let height = min(6, rows.upperBound - row)
          let source = a.base + row * a.rowStep + firstDepth * a.columnStep
          let target = c + row * cRow + column
          if height == 6, width == 16 {
            var tile = Tile6x16()
            if adds { tile.load(from: target, row: cRow) }
            tile.accumulate(
              steps: steps, a: source, aRow: a.rowStep, aStep: a.columnStep, b: panel, bStep: 16)
            tile.store(to: target, row: cRow)
          } else {
            edgeTile(
              source, a, panel, target, cRow: cRow, height: height, width: width, steps: steps,
              adds: adds)
          }
          row += 6
        }
        column += 16
      }
      firstDepth += steps
    } while firstDepth < depth
  }

  /// A tile that sticks out over C's edge: missing rows repeat the last one, and only what is inside is stored.
  @inline(never)
  private static func edgeTile(
    _ source: UnsafePointer<Float>, _ a: MatrixOperand, _ panel: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, cRow: Int, height: Int, width: Int, steps: Int,
    adds: Bool
  ) {
    let row = { (index: Int) in source + min(index, height - 1) * a.rowStep }
    var tile = Tile6x16()
    tile.accumulate(
      steps: steps, row(0), row(1), row(2), row(3), row(4), row(5), aStep: a.columnStep, b: panel,
      bStep: 16)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 96) { scratch in
      let whole = scratch.baseAddress!
      tile.store(to: whole, row: 16)
      for i in 0..<height {
        for j in 0..<width {
          let value = whole[i * 16 + j]
          target[i * cRow + j] = adds ? target[i * cRow + j] + value : value
        }
      }
    }
  }
}
