import Testing

@testable import FERCore

/// Bound: each element is a dot product of `depth` terms, so it errs by at most γ(depth + 1) · Σ |a| |b|.
@Suite struct GemmTests {
  struct Problem: CustomTestStringConvertible {
    var rows: Int
    var columns: Int
    var depth: Int
    var testDescription: String { "\(rows) x \(columns) x \(depth)" }
  }

  /// Around the tile (6 x 16), the blocks (96 rows, 128 columns, 256 deep), and one of each alone.
  static let problems =
    [1, 5, 6, 7, 15, 16, 17, 33, 97].flatMap { size in
      [
        Problem(rows: size, columns: 16, depth: 8), Problem(rows: 6, columns: size, depth: 8),
        Problem(rows: 6, columns: 16, depth: size), Problem(rows: size, columns: size, depth: size),
      ]
    } + [
      Problem(rows: 96, columns: 128, depth: 256), Problem(rows: 97, columns: 129, depth: 257),
      Problem(rows: 193, columns: 257, depth: 513), Problem(rows: 1, columns: 257, depth: 1),
      Problem(rows: 257, columns: 1, depth: 255), Problem(rows: 5, columns: 130, depth: 600),
    ]

  @Test(arguments: problems) func multiplies(problem: Problem) {
    check(problem, transposesA: false, transposesB: false, accumulates: false)
    check(problem, transposesA: true, transposesB: false, accumulates: false)
    check(problem, transposesA: false, transposesB: true, accumulates: true)
    check(problem, transposesA: true, transposesB: true, accumulates: true)
  }

  @Test func multipliesRandomShapes() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<60 {
      check(
        Problem(
          rows: 1 + random.integer(below: 130), columns: 1 + random.integer(below: 150),
          depth: 1 + random.integer(below: 300)),
        transposesA: random.integer(below: 2) == 0, transposesB: random.integer(below: 2) == 0,
        accumulates: random.integer(below: 2) == 0, threads: 1 + random.integer(below: 3))
    }
  }

  /// C may have more floats between its rows than columns: those in between stay.
  @Test func leavesTheGapsBetweenRowsAlone() {
    var random = SeededRandom(seed: 12)
    let (rows, columns, depth, step) = (13, 21, 9, 40)
    let a = GuardedFloats(random.normals(rows * depth))
    let b = GuardedFloats(random.normals(depth * columns))
    let packed = GuardedFloats(count: Gemm.packedCount(depth: depth, columns: columns))
    let c = GuardedFloats(Array(repeating: 7, count: rows * step))
    let pool = WorkerPool(threads: 1)
    Gemm.pack(
      MatrixOperand(b.base, rowStep: columns), depth: depth, columns: columns, into: packed.base,
      pool: pool)
    Gemm.multiply(
      MatrixOperand(a.base, rowStep: depth), packed: packed.base, into: c.base, cRow: step,
      rows: rows, columns: columns, depth: depth, accumulate: false, pool: pool)
    for row in 0..<rows {
      #expect(c.elements[row * step + columns..<(row + 1) * step].allSatisfy { $0 == 7 })
    }
    #expect(c.isIntact)
  }

  /// An infinity or a not-a-number meets only the elements that its row and column belong to.
  @Test func specialsStayInTheirRow() {
    let (rows, columns, depth) = (9, 18, 5)
    var a = Array(repeating: Float(1), count: rows * depth)
    a[8 * depth] = .nan
    a[2 * depth + 1] = .infinity
    let c = product(a, Array(repeating: 1, count: depth * columns), rows, columns, depth)
    for row in 0..<rows {
      let line = c[row * columns..<(row + 1) * columns]
      switch row {
      case 8: #expect(line.allSatisfy { $0.isNaN })
      case 2: #expect(line.allSatisfy { $0 == .infinity })
      default: #expect(line.allSatisfy { $0 == 5 })
      }
    }
  }

  private func product(_ a: [Float], _ b: [Float], _ rows: Int, _ columns: Int, _ depth: Int)
    -> [Float]
  {
    let (a, b) = (GuardedFloats(a), GuardedFloats(b))
    let packed = GuardedFloats(count: Gemm.packedCount(depth: depth, columns: columns))
    let c = GuardedFloats(count: rows * columns)
    let pool = WorkerPool(threads: 2)
    Gemm.pack(
      MatrixOperand(b.base, rowStep: columns), depth: depth, columns: columns, into: packed.base,
      pool: pool)
    Gemm.multiply(
      MatrixOperand(a.base, rowStep: depth), packed: packed.base, into: c.base, cRow: columns,
      rows: rows, columns: columns, depth: depth, accumulate: false, pool: pool)
    return c.elements
  }

  private func check(
    _ problem: Problem, transposesA: Bool, transposesB: Bool, accumulates: Bool, threads: Int = 2,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let (rows, columns, depth) = (problem.rows, problem.columns, problem.depth)
    var random = SeededRandom(seed: 10, UInt64(rows), UInt64(columns), UInt64(depth))
    let a = random.normals(rows * depth)
    let b = random.normals(depth * columns)
    let start = random.normals(rows * columns)
    let stored = { (matrix: [Float], rows: Int, columns: Int, isTransposed: Bool) in
      GuardedFloats(
        isTransposed
          ? Reference.transpose(matrix.doubles, rows: rows, columns: columns).map(Float.init)
          : matrix)
    }
    let aMemory = stored(a, rows, depth, transposesA)
    let bMemory = stored(b, depth, columns, transposesB)
    let packed = GuardedFloats(count: Gemm.packedCount(depth: depth, columns: columns))
    let c = accumulates ? GuardedFloats(start) : GuardedFloats(count: rows * columns)
    let pool = WorkerPool(threads: threads)
    Gemm.pack(
      transposesB
        ? MatrixOperand(bMemory.base, rowStep: 1, columnStep: depth)
        : MatrixOperand(bMemory.base, rowStep: columns),
      depth: depth, columns: columns, into: packed.base, pool: pool)
    Gemm.multiply(
      transposesA
        ? MatrixOperand(aMemory.base, rowStep: 1, columnStep: rows)
        : MatrixOperand(aMemory.base, rowStep: depth),
      packed: packed.base, into: c.base, cRow: columns, rows: rows, columns: columns, depth: depth,
      accumulate: accumulates, pool: pool)
    var expected = Reference.matmul(a.doubles, b.doubles, m: rows, n: columns, k: depth)
    var sums = Reference.matmul(
      a.doubles.magnitudes, b.doubles.magnitudes, m: rows, n: columns, k: depth)
    if accumulates {
      expected = zip(expected, start).map { $0 + Double($1) }
      sums = zip(sums, start).map { $0 + Double(abs($1)) }
    }
    let what = "\(problem.testDescription) Aᵀ \(transposesA) Bᵀ \(transposesB) += \(accumulates)"
    expectClose(
      c.elements, expected, within: sums.map { $0 * gamma(depth + 2) }, what,
      sourceLocation: sourceLocation)
    #expect(c.isIntact && packed.isIntact, "\(what)", sourceLocation: sourceLocation)
  }
}
