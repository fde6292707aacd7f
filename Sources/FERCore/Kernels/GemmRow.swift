/// One row times a matrix: a dense layer that answers for one image. Every weight is used once, so what counts is to read
/// them in the order they lie in.
extension Gemm {
  /// Columns at a time: their sums lie on the stack.
  private static let runLength = 256

  /// `c [columns] = a [depth] · b [depth, columns]`, then bias and ReLU; b's columns are contiguous. Every element is made of
  /// the chains that a tile would make of it, so the answer to one image has the same bits as in a batch.
  static func multiplyRow(
    _ a: MatrixOperand, _ b: MatrixOperand, into c: UnsafeMutablePointer<Float>, columns: Int,
    depth: Int, bias: UnsafePointer<Float>?, relu: Bool, pool: WorkerPool
  ) {
    // One block a thread: the longer the runs B is read in, the faster, and where it is cut decides no bits.
    let grain = max(64, (columns / pool.threads + 7) / 8 * 8)
    pool.run(over: columns, grain: grain) { range in
      var first = range.lowerBound
      while first < range.upperBound {
        let count = min(runLength, range.upperBound - first)
        let sums = c + first
        multiplyRun(
          a, MatrixOperand(b.base + first, rowStep: b.rowStep), into: sums, columns: count,
          depth: depth)
        if bias != nil || relu {
          Kernels.finishRows(
            sums, rows: 1, columns: count, rowStep: count, bias: bias.map { $0 + first },
            relu: relu)
        }
        first += count
      }
    }
  }

  /// One run of at most `runLength` columns.
  private static func multiplyRun(
    _ a: MatrixOperand, _ b: MatrixOperand, into c: UnsafeMutablePointer<Float>, columns: Int,
    depth: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: runLength) { buffer in
      guard let chain = buffer.baseAddress else { return }
      c.update(repeating: 0, count: columns)
      for start in stride(from: 0, to: depth, by: depthBlock) {
        let end = min(start + depthBlock, depth)
        // The first chain is the sum itself.
        let sums = start == 0 ? c : chain
        if start > 0 { chain.update(repeating: 0, count: columns) }
        var k = start
        while k + 8 <= end {
          addEightRows(a, b, from: k, columns: columns, to: sums)
          k += 8
        }
        while k < end {
          addRow(a.at(0, k)[0], b.at(k, 0), columns: columns, to: sums)
          k += 1
        }
        if start > 0 { for j in 0..<columns { c[j] += chain[j] } }
      }
    }
  }

  @inline(never)
  private static func addEightRows(
    _ a: MatrixOperand, _ b: MatrixOperand, from k: Int, columns: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let factor = { (index: Int) in Lanes(repeating: a.at(0, k + index)[0]) }
    let (f0, f1, f2, f3) = (factor(0), factor(1), factor(2), factor(3))
    let (f4, f5, f6, f7) = (factor(4), factor(5), factor(6), factor(7))
    let step = b.rowStep
    let upper = b.at(k, 0)
    let lower = b.at(k + 4, 0)
    var column = 0
    while column < columns {
      let count = columns - column
      let row = { (base: UnsafePointer<Float>, index: Int) in
        Lanes(at: base + index * step + column, count: count)
      }
      var sum = Lanes(at: sums + column, count: count)
      sum.accumulate(f0, row(upper, 0))
      sum.accumulate(f1, row(upper, 1))
      sum.accumulate(f2, row(upper, 2))
      sum.accumulate(f3, row(upper, 3))
      sum.accumulate(f4, row(lower, 0))
      sum.accumulate(f5, row(lower, 1))
      sum.accumulate(f6, row(lower, 2))
      sum.accumulate(f7, row(lower, 3))
      sum.store(to: sums + column, count: count)
      column += 8
    }
  }

  private static func addRow(
    _ factor: Float, _ row: UnsafePointer<Float>, columns: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let factor = Lanes(repeating: factor)
    for column in stride(from: 0, to: columns, by: 8) {
      let count = columns - column
      var sum = Lanes(at: sums + column, count: count)
      sum.accumulate(factor, Lanes(at: row + column, count: count))
      sum.store(to: sums + column, count: count)
    }
  }
}
