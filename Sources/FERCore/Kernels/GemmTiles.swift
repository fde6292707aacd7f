/// The loops over one block's tiles.
extension Gemm {
  /// Rows of the next strip when `left` are left: six, but the last ones as even as can be, because a tile
  /// of one or two rows takes as long as one of four.
  @inline(__always)
  static func stripRows(left: Int) -> Int { left >= 10 ? 6 : left <= 6 ? left : (left + 1) / 2 }

  /// `C = A · B` or `C += A · B` on the calling thread for B in panels `[columns / 16][steps][16]`, `panelStep` apart.
  static func multiplyPanels(
    _ a: GemmStrips, panels b: UnsafePointer<Float>, panelStep: Int,
    into c: UnsafeMutablePointer<Float>, cRow: Int, rows: Int, columns: Int, steps: Int, adds: Bool
  ) {
    var column = 0
    while column < columns {
      let isPair = CompiledCPU.hasAVX512 && columns - column >= 32
      let width = min(16, columns - column)
      let panel = b + column / 16 * panelStep
      var row = 0
      var strip = 0
      while row < rows {
        let height = stripRows(left: rows - row)
        let source = a.base + strip * a.stripStep + row * a.rowStart
        let target = c + row * cRow + column
        if isPair, height == 6 {
          pair(source, a, panel, panelStep, target, cRow, steps, adds)
        } else if height == 6, width == 16 {
          whole(source, a, panel, target, cRow, steps, adds)
        } else {
          edge(source, a, panel, target, cRow, height, width, steps, adds)
          if isPair {
            edge(source, a, panel + panelStep, target + 16, cRow, height, 16, steps, adds)
          }
        }
        row += height
        strip += 1
      }
      column += isPair ? 32 : 16
    }
  }

  // Each tile is a function of its own, so that the registers are the inner loop's alone.

  @inline(never)
  private static func whole(
    _ source: UnsafePointer<Float>, _ a: GemmStrips, _ panel: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ cRow: Int, _ steps: Int, _ adds: Bool
  ) {
    var tile = Tile6x16()
    if a.isCopied {
      tile.accumulate(steps: steps, a: source, aRow: 1, aStep: 6, b: panel, bStep: 16)
    } else {
      tile.accumulate(
        steps: steps, a: source, aRow: a.rowStep, aStep: a.columnStep, b: panel, bStep: 16)
    }
    if adds { tile.add(from: target, row: cRow) }
    tile.store(to: target, row: cRow)
  }

  @inline(never)
  private static func pair(
    _ source: UnsafePointer<Float>, _ a: GemmStrips, _ panel: UnsafePointer<Float>,
    _ panelStep: Int, _ target: UnsafeMutablePointer<Float>, _ cRow: Int, _ steps: Int,
    _ adds: Bool
  ) {
    var tile = Tile6x32()
    if a.isCopied {
      tile.accumulate(
        steps: steps, a: source, aRow: 1, aStep: 6, b: panel, bStep: 16, panelStep: panelStep)
    } else {
      tile.accumulate(
        steps: steps, a: source, aRow: a.rowStep, aStep: a.columnStep, b: panel, bStep: 16,
        panelStep: panelStep)
    }
    if adds { tile.add(from: target, row: cRow) }
    tile.store(to: target, row: cRow)
  }

  /// A tile at C's edge.
  private static func edge(
    _ source: UnsafePointer<Float>, _ a: GemmStrips, _ panel: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ cRow: Int, _ height: Int, _ width: Int, _ steps: Int,
    _ adds: Bool
  ) {
    switch height {
    case 1: edge(OneRow.self, source, a, panel, target, cRow, width, steps, adds)
    case 2: edge(TwoRows.self, source, a, panel, target, cRow, width, steps, adds)
    case 3: edge(ThreeRows.self, source, a, panel, target, cRow, width, steps, adds)
    case 4: edge(FourRows.self, source, a, panel, target, cRow, width, steps, adds)
    case 5: edge(FiveRows.self, source, a, panel, target, cRow, width, steps, adds)
    default: edge(SixRows.self, source, a, panel, target, cRow, width, steps, adds)
    }
  }

  @inline(never)
  private static func edge<Rows: TileRows>(
    _: Rows.Type, _ source: UnsafePointer<Float>, _ a: GemmStrips, _ panel: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ cRow: Int, _ width: Int, _ steps: Int, _ adds: Bool
  ) {
    var tile = Tile6x16()
    if width > 8 {
      tile.accumulate(
        Rows.self, steps: steps, a: source, aRow: a.rowStep, aStep: a.columnStep, b: panel,
        bStep: 16)
    } else {
      tile.accumulate(
        Rows.self, isWide: false, steps: steps, a: source, aRow: a.rowStep, aStep: a.columnStep,
        b: panel, bStep: 16)
    }
    if adds { tile.add(Rows.self, from: target, row: cRow, width: width) }
    tile.store(Rows.self, to: target, row: cRow, width: width)
  }
}
