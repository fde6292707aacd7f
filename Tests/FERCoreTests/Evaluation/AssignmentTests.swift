import Testing

@testable import FERCore

/// Against all permutations.
@Suite struct AssignmentTests {
  private static func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { item in
      permutations(items.filter { $0 != item }).map { [item] + $0 }
    }
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 5), (5, 3), (6, 6), (4, 6), (6, 2)])
  func theSumIsTheLargestThereIs(rows: Int, columns: Int) {
    for seed in 0..<40 as Range<UInt64> {
      var random = SeededRandom(seed: seed, UInt64(rows), UInt64(columns))
      let gain = (0..<rows).map { _ in (0..<columns).map { _ in random.integer(below: 9) } }
      let found = Assignment.best(gain)
      let pairs = found.enumerated().compactMap { row, column in column.map { (row, $0) } }
      #expect(found.count == rows && pairs.count == min(rows, columns))
      #expect(Set(pairs.map(\.1)).count == pairs.count)
      let sum = pairs.reduce(0) { $0 + gain[$1.0][$1.1] }
      let size = max(rows, columns)
      let largest = Self.permutations(Array(0..<size)).map { order in
        (0..<rows).reduce(0) { order[$1] < columns ? $0 + gain[$1][order[$1]] : $0 }
      }.max()
      #expect(sum == largest)
    }
  }

  @Test func nothingIsNothing() { #expect(Assignment.best([]).isEmpty) }
}
