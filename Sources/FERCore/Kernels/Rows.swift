/// Work on row-major matrices `[rows, columns]`: bias, column sums.
extension Kernels {
  /// Adds a bias to every row and applies ReLU, on the calling thread. Rows are `rowStep` floats apart.
  static func finishRows(
    _ c: UnsafeMutablePointer<Float>, rows: Int, columns: Int, rowStep: Int,
    bias: UnsafePointer<Float>?, relu: Bool
  ) {
    let floors = Lanes(repeating: relu ? 0 : -.infinity)
    for row in 0..<rows {
      let line = c + row * rowStep
      for j in stride(from: 0, to: columns, by: 8) {
        let count = columns - j
        let shift = bias.map { Lanes(at: $0 + j, count: count) } ?? .zero
        (Lanes(at: line + j, count: count) + shift).atLeast(floors).store(
          to: line + j, count: count)
      }
    }
  }

  /// Rows summed by one unit of work in `columnSums`.
  private static let sumRows = 512

  /// Floats of scratch that `columnSums` takes.
  static func columnSumsWorkspace(rows: Int, columns: Int) -> Int {
    (rows + sumRows - 1) / sumRows * columns
  }

  /// `sums[j] = Σᵢ c[i, j]`, overwritten; block sums are added in order, so threads do not change the bits.
  static func columnSums(
    _ c: UnsafePointer<Float>, rows: Int, columns: Int, into sums: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let blocks = (rows + sumRows - 1) / sumRows
    pool.run(blocks: blocks) { _, block in
      let partial = workspace + block * columns
      partial.update(repeating: 0, count: columns)
      for row in block * sumRows..<min(rows, (block + 1) * sumRows) {
        let line = c + row * columns
        for j in 0..<columns { partial[j] += line[j] }
      }
    }
    pool.run(over: columns, grain: 8) { range in
      for j in range {
        var sum: Double = 0
        for block in 0..<blocks { sum += Double(workspace[block * columns + j]) }
        sums[j] = Float(sum)
      }
    }
  }
}
