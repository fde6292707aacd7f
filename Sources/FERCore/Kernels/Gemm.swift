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

  @inline(__always)
  func at(_ row: Int, _ column: Int) -> UnsafePointer<Float> {
    base + row * rowStep + column * columnStep
  }
}

/// Single-precision matrix multiply in the manner of Goto & van de Geijn 2008: B is copied into panels of sixteen columns
/// that stream through the registers, A is read in place or copied into strips of six rows.
///
/// An operand that several blocks of C read is copied whole, once. One that a single block reads, such as the weights of
/// a dense layer with a batch of 64, is copied a piece at a time right before use, into memory that stays in the second-level
/// cache: copying it whole would write and read all of it once more.
///
/// Every element is a chain of multiply-adds in the order of k for each 256 of depth, and the chains are added in order:
/// relative error below `(256 + depth / 256 + 2) · 2⁻²⁴` of Σ|a · b|, and below `(depth + 1) · 2⁻²⁴` (without FMA twice
/// that; bias and what is added to count as terms). How C is cut does not change a bit.
enum Gemm {
  /// Depth of a block: a 256 x 16 panel of B is 16 KB, half the first-level cache.
  static let depthBlock = 256
  /// Rows of C in a block, at most.
  private static let rowBlock = 192
  /// Strips that are copied as one unit of work, where they are shared.
  private static let stripGroup = 4
  /// A's rows are read in place unless they lie this many floats apart: then six of them fall on the same
  /// few sets of the cache.
  private static let farRows = 512

  /// How C is cut into blocks, from its shape alone.
  private struct Plan {
    let depth: Int
    let depthBlock: Int
    let rowBlock: Int
    let columnBlock: Int
    /// Blocks from top to bottom and from left to right.
    let down: Int
    let across: Int

    /// Whether several blocks read an operand.
    var sharesA: Bool { across > 1 }
    var sharesB: Bool { down > 1 }
    /// Floats of a row block's strips and of a column block's panels.
    var stripsCount: Int { Gemm.stripsCount(rows: rowBlock, depth: sharesA ? depth : depthBlock) }
    var panelsCount: Int { columnBlock * (sharesB ? depth : depthBlock) }

    init(rows: Int, columns: Int, depth: Int) {
      self.depth = depth
      depthBlock = min(Gemm.depthBlock, max(depth, 1))
      down = max(1, (rows + Gemm.rowBlock - 1) / Gemm.rowBlock)
      rowBlock = max(6, ((rows + down - 1) / down + 5) / 6 * 6)
      // Few rows: wide blocks, because B is read from far away and its rows should be read in long runs; but at
      // least four, for the threads.
      let wanted = down > 1 ? 128 : min(256, max(64, (columns / 4 + 15) / 16 * 16))
      columnBlock = min(wanted, max(16, (columns + 15) / 16 * 16))
      across = max(1, (columns + columnBlock - 1) / columnBlock)
    }
  }

  /// Floats of scratch that `multiply` takes.
  static func workspaceCount(rows: Int, columns: Int, depth: Int, threads: Int) -> Int {
    let plan = Plan(rows: rows, columns: columns, depth: depth)
    return plan.stripsCount * (plan.sharesA ? plan.down : threads)
      + plan.panelsCount * (plan.sharesB ? plan.across : threads)
  }

  /// `C = A · B` or `C += A · B`, then a bias `[columns]` for each row, then ReLU. Reference: `Reference.matmul` (tests).
  ///
  /// a `[rows, depth]`, b `[depth, columns]`, any steps · c `[rows, columns]`, row-major with `cRow` floats between rows,
  /// aliases neither.
  static func multiply(
    _ a: MatrixOperand, _ b: MatrixOperand, into c: UnsafeMutablePointer<Float>, cRow: Int,
    rows: Int, columns: Int, depth: Int, accumulate: Bool = false,
    bias: UnsafePointer<Float>? = nil, relu: Bool = false, workspace: UnsafeMutablePointer<Float>,
    pool: WorkerPool
  ) {
    if rows == 1, b.columnStep == 1, !accumulate {
      multiplyRow(
        a, b, into: c, columns: columns, depth: depth, bias: bias, relu: relu, pool: pool)
      return
    }
    let plan = Plan(rows: rows, columns: columns, depth: depth)
    let copiesA = a.columnStep != 1 || (a.rowStep >= farRows && columns > 32)
    let strips = workspace
    let panels = workspace + plan.stripsCount * (plan.sharesA ? plan.down : pool.threads)
    copyShared(
      a, b, plan, copiesA: copiesA, rows: rows, columns: columns, strips: strips, panels: panels,
      pool: pool)
    pool.run(blocks: plan.down * plan.across) { worker, block in
      let down = block / plan.across
      let across = block % plan.across
      let firstRow = down * plan.rowBlock
      let firstColumn = across * plan.columnBlock
      let height = min(plan.rowBlock, rows - firstRow)
      let width = min(plan.columnBlock, columns - firstColumn)
      let target = c + firstRow * cRow + firstColumn
      let strips = strips + (plan.sharesA ? down : worker) * plan.stripsCount
      let panels = panels + (plan.sharesB ? firstColumn * depth : worker * plan.panelsCount)
      var k = 0
      repeat {
        let steps = min(plan.depthBlock, depth - k)
        let source: GemmStrips
        if !copiesA {
          source = .inPlace(MatrixOperand(a.at(firstRow, k), rowStep: a.rowStep))
        } else if plan.sharesA {
          source = .copied(strips + k * 6, depth: depth)
        } else {
          packStrips(
            a, from: (firstRow, k), rows: height, depth: steps, into: strips,
            stripStep: stripStep(depth: steps))
          source = .copied(strips, depth: steps)
        }
        if !plan.sharesB {
          packPanels(b, from: (k, firstColumn), depth: steps, columns: width, into: panels)
        }
        multiplyPanels(
          source, panels: plan.sharesB ? panels + k * 16 : panels,
          panelStep: (plan.sharesB ? depth : steps) * 16, into: target, cRow: cRow, rows: height,
          columns: width, steps: steps, adds: accumulate || k > 0)
        k += steps
      } while k < depth
      if bias != nil || relu {
        Kernels.finishRows(
          target, rows: height, columns: width, rowStep: cRow, bias: bias.map { $0 + firstColumn },
          relu: relu)
      }
    }
  }

  /// Copies the operands that several blocks read.
  private static func copyShared(
    _ a: MatrixOperand, _ b: MatrixOperand, _ plan: Plan, copiesA: Bool, rows: Int, columns: Int,
    strips: UnsafeMutablePointer<Float>, panels: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    // Whole strips: what is written behind a strip's end is its own.
    let groups = (plan.rowBlock / 6 + stripGroup - 1) / stripGroup
    let aBlocks = copiesA && plan.sharesA ? plan.down * groups : 0
    let bBlocks = plan.sharesB ? (columns + 15) / 16 : 0
    pool.run(blocks: aBlocks + bBlocks) { _, block in
      if block < aBlocks {
        let down = block / groups
        let row = down * plan.rowBlock
        let first = block % groups * stripGroup
        packStrips(
          a, from: (row, 0), rows: min(plan.rowBlock, rows - row), depth: plan.depth,
          strips: first..<first + stripGroup, into: strips + down * plan.stripsCount,
          stripStep: stripStep(depth: plan.depth))
      } else {
        let column = (block - aBlocks) * 16
        packPanels(
          b, from: (0, column), depth: plan.depth, columns: min(16, columns - column),
          into: panels + column * plan.depth)
      }
    }
  }

  /// `C = A · B` on the calling thread for all of B packed ahead by `pack`.
  static func multiply(
    _ a: MatrixOperand, packed b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    cRow: Int, rows: Int, columns: Int, depth: Int
  ) {
    var k = 0
    repeat {
      let steps = min(depthBlock, depth - k)
      multiplyPanels(
        .inPlace(MatrixOperand(a.at(0, k), rowStep: a.rowStep, columnStep: a.columnStep)),
        panels: b + k * 16, panelStep: depth * 16, into: c, cRow: cRow, rows: rows,
        columns: columns, steps: steps, adds: k > 0)
      k += steps
    } while k < depth
  }
}
