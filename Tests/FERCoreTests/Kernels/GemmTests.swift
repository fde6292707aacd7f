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

  /// Around the tile (6 x 16), the blocks (192 rows, 128 columns, 256 deep), and one of each alone.
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
      // One block of few rows, one of few columns, rows that lie far apart, and one row in several parts.
      Problem(rows: 64, columns: 300, depth: 520), Problem(rows: 400, columns: 20, depth: 70),
      Problem(rows: 200, columns: 40, depth: 513), Problem(rows: 10, columns: 40, depth: 530),
      Problem(rows: 1, columns: 45, depth: 301), Problem(rows: 2, columns: 16, depth: 1),
    ]

  @Test(arguments: problems) func multiplies(problem: Problem) {
    check(problem, transposesA: false, transposesB: false, accumulates: false)
    check(problem, transposesA: false, transposesB: false, accumulates: false, finishes: true)
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

  /// How C is cut follows its shape alone, and which thread computes a block changes nothing.
  @Test func threadsDoNotChangeTheBits() {
    for problem in [
      Problem(rows: 200, columns: 150, depth: 600), Problem(rows: 64, columns: 300, depth: 1200),
      Problem(rows: 1, columns: 77, depth: 700),
    ] {
      let (rows, columns, depth) = (problem.rows, problem.columns, problem.depth)
      var random = SeededRandom(seed: 13)
      let (a, b) = (random.normals(rows * depth), random.normals(depth * columns))
      let one = product(a, b, rows, columns, depth, threads: 1).bits
      for _ in 0..<20 {
        // Compared outside the macro, which would look for the shortest list of differences.
        let isSame = product(a, b, rows, columns, depth, threads: 3).bits == one
        #expect(isSame, "\(problem)")
      }
    }
  }

  /// One row alone goes another way, to the same bits: an answer does not depend on its company.
  @Test func aRowAloneHasTheBitsItHasAmongOthers() {
    for (columns, depth) in [(7, 300), (45, 301), (600, 19)] {
      var random = SeededRandom(seed: 14)
      let (a, b) = (random.normals(9 * depth), random.normals(depth * columns))
      let together = product(a, b, 9, columns, depth).bits
      let alone = product(Array(a[..<depth]), b, 1, columns, depth).bits
      let isSame = Array(together[..<columns]) == alone
      #expect(isSame, "\(columns) columns, \(depth) deep")
    }
  }

  /// C may have more floats between its rows than columns: those in between stay.
  @Test func leavesTheGapsBetweenRowsAlone() {
    var random = SeededRandom(seed: 12)
    let (rows, columns, depth, step) = (13, 21, 9, 40)
    let a = GuardedFloats(random.normals(rows * depth))
    let b = GuardedFloats(random.normals(depth * columns))
    let workspace = GuardedFloats(
      count: Gemm.workspaceCount(rows: rows, columns: columns, depth: depth, threads: 1))
    let c = GuardedFloats(Array(repeating: 7, count: rows * step))
    let bias = GuardedFloats(random.normals(columns))
    Gemm.multiply(
      MatrixOperand(a.base, rowStep: depth), MatrixOperand(b.base, rowStep: columns), into: c.base,
      cRow: step, rows: rows, columns: columns, depth: depth, bias: bias.base, relu: true,
      workspace: workspace.base, pool: WorkerPool(threads: 1))
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

  private func product(
    _ a: [Float], _ b: [Float], _ rows: Int, _ columns: Int, _ depth: Int,
    threads: Int = 2
  ) -> [Float] {
    let (a, b) = (GuardedFloats(a), GuardedFloats(b))
    let workspace = GuardedFloats(
      count: Gemm.workspaceCount(rows: rows, columns: columns, depth: depth, threads: threads))
    let c = GuardedFloats(count: rows * columns)
    Gemm.multiply(
      MatrixOperand(a.base, rowStep: depth), MatrixOperand(b.base, rowStep: columns), into: c.base,
      cRow: columns, rows: rows, columns: columns, depth: depth, workspace: workspace.base,
      pool: WorkerPool(threads: threads))
    return c.elements
  }

  private func check(
    _ problem: Problem, transposesA: Bool, transposesB: Bool, accumulates: Bool,
    finishes: Bool = false, threads: Int = 2,
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
    let workspace = GuardedFloats(
      count: Gemm.workspaceCount(rows: rows, columns: columns, depth: depth, threads: threads))
    let c = accumulates ? GuardedFloats(start) : GuardedFloats(count: rows * columns)
    let bias = finishes ? GuardedFloats(random.normals(columns)) : nil
    Gemm.multiply(
      transposesA
        ? MatrixOperand(aMemory.base, rowStep: 1, columnStep: rows)
        : MatrixOperand(aMemory.base, rowStep: depth),
      transposesB
        ? MatrixOperand(bMemory.base, rowStep: 1, columnStep: depth)
        : MatrixOperand(bMemory.base, rowStep: columns), into: c.base, cRow: columns, rows: rows,
      columns: columns, depth: depth, accumulate: accumulates, bias: bias.map { $0.base },
      relu: finishes, workspace: workspace.base, pool: WorkerPool(threads: threads))
    var expected = Reference.matmul(a.doubles, b.doubles, m: rows, n: columns, k: depth)
    var sums = Reference.matmul(
      a.doubles.magnitudes, b.doubles.magnitudes, m: rows, n: columns, k: depth)
    if accumulates {
      expected = zip(expected, start).map { $0 + Double($1) }
      sums = zip(sums, start).map { $0 + Double(abs($1)) }
    }
    if let bias {
      expected = Reference.addRow(expected, bias.elements.doubles).map { max($0, 0) }
      sums = Reference.addRow(sums, bias.elements.doubles.magnitudes)
    }
    let what = "\(problem.testDescription) Aᵀ \(transposesA) Bᵀ \(transposesB) += \(accumulates)"
    expectClose(
      c.elements, expected, within: sums.map { $0 * gamma(depth + 3) }, what,
      sourceLocation: sourceLocation)
    #expect(c.isIntact && workspace.isIntact, "\(what)", sourceLocation: sourceLocation)
  }
}
