import Testing

@testable import FERCore

@Suite struct RowTests {
  /// Around the block of 512 rows.
  @Test(arguments: [1, 511, 512, 513, 1300], [1, 7, 8, 9, 33]) func columnSums(
    rows: Int, columns: Int
  ) {
    var random = SeededRandom(seed: 70)
    let x = GuardedFloats(random.normals(rows * columns))
    let sums = GuardedFloats(count: columns)
    let workspace = GuardedFloats(
      count: Kernels.columnSumsWorkspace(rows: rows, columns: columns))
    Kernels.columnSums(
      x.base, rows: rows, columns: columns, into: sums.base, workspace: workspace.base,
      pool: WorkerPool(threads: 2))
    let magnitudes = Reference.columnSums(x.elements.doubles.magnitudes, columns: columns)
    expectClose(
      sums.elements, Reference.columnSums(x.elements.doubles, columns: columns),
      within: magnitudes.map { $0 * gamma(513) })
    #expect(sums.isIntact && workspace.isIntact)
  }

  @Test(arguments: [1, 7, 8, 9, 33]) func finishRows(columns: Int) {
    var random = SeededRandom(seed: 71)
    let x = random.normals(5 * columns)
    let bias = GuardedFloats(random.normals(columns))
    for (adds, relu) in [(false, false), (true, false), (false, true), (true, true)] {
      let y = GuardedFloats(x)
      Kernels.finishRows(
        y.base, rows: 5, columns: columns, rowStep: columns,
        bias: adds ? UnsafePointer(bias.base) : nil, relu: relu)
      for (index, value) in x.enumerated() {
        let sum = adds ? value + bias.elements[index % columns] : value
        #expect(y.elements[index] == (relu ? max(sum, 0) : sum))
      }
      #expect(y.isIntact)
    }
  }

  @Test func addition() {
    var random = SeededRandom(seed: 72)
    let count = Kernels.elementGrain + 5
    let (a, b) = (random.normals(count), random.normals(count))
    let (source, target) = (GuardedFloats(a), GuardedFloats(b))
    Kernels.add(
      TensorView(base: source.base, shape: [count]),
      to: MutableTensorView(base: target.base, shape: [count]), pool: WorkerPool(threads: 2))
    #expect(target.elements == zip(a, b).map(+))
    #expect(target.isIntact)
  }
}
