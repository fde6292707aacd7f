/// Work on row-major matrices `[rows, columns]`: bias, column sums.
extension Kernels {
  /// Adds a bias to every row and applies ReLU, on the calling thread.
  static func finishRows(
    _ c: UnsafeMutablePointer<Float>, rows: Int, columns: Int, bias: UnsafePointer<Float>?,
    relu: Bool
  ) {
    let floor: Float = relu ? 0 : -.infinity
    let floors = Lanes(repeating: floor)
    for row in 0..<rows {
      let line = c + row * columns
      var j = 0
      while j + 8 <= columns {
        let shift = bias.map { Lanes(at: $0 + j) } ?? .zero
        (Lanes(at: line + j) + shift).atLeast(floors).store(to: line + j)
        j += 8
      }
      while j < columns {
        let value = line[j] + (bias?[j] ?? 0)
        line[j] = value < floor ? floor : value
        j += 1
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
    for j in 0..<columns {
      var sum: Double = 0
      for block in 0..<blocks { sum += Double(workspace[block * columns + j]) }
      sums[j] = Float(sum)
    }
  }
}

extension Kernels {
  /// `target [columns, rows] = source [rows, columns]ᵀ`.
  static func transpose(
    _ source: UnsafePointer<Float>, rows: Int, columns: Int,
    into target: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    pool.run(over: columns, grain: 16) { range in
      for column in range {
        let line = target + column * rows
        for row in 0..<rows { line[row] = source[row * columns + column] }
      }
    }
  }
}
