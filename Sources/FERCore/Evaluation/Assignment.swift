/// Pairs rows with columns so that the sum over the pairs is largest: which output means which class, from how often each
/// output was called for each class.
public enum Assignment {
  /// For each row its column, nil where there are more rows than columns and it has none. Kuhn's Hungarian method (1955)
  /// with potentials, O(n³).
  public static func best(_ gain: [[Int]]) -> [Int?] {
    let rows = gain.count
    let columns = gain.first?.count ?? 0
    let n = max(rows, columns)
    guard n > 0 else { return [] }
    // A square of costs, with nothing to gain in what is added; row and column 0 are the method's own.
    func cost(_ row: Int, _ column: Int) -> Int {
      row <= rows && column <= columns ? -gain[row - 1][column - 1] : 0
    }
    var rowPotential = [Int](repeating: 0, count: n + 1)
    var columnPotential = rowPotential
    var owner = rowPotential  // of each column: its row, 0 for none
    for row in 1...n {
      var slack = [Int](repeating: .max, count: n + 1)
      var previous = [Int](repeating: 0, count: n + 1)
      var seen = [Bool](repeating: false, count: n + 1)
      owner[0] = row
      var column = 0
      repeat {
        seen[column] = true
        let current = owner[column]
        var (step, next) = (Int.max, 0)
        for other in 1...n where !seen[other] {
          let reduced = cost(current, other) - rowPotential[current] - columnPotential[other]
          if reduced < slack[other] { (slack[other], previous[other]) = (reduced, column) }
          if slack[other] < step { (step, next) = (slack[other], other) }
        }
        for other in 0...n {
          if seen[other] {
            rowPotential[owner[other]] += step
            columnPotential[other] -= step
          } else if slack[other] < .max {
            slack[other] -= step
          }
        }
        column = next
      } while owner[column] != 0
      repeat {
        let before = previous[column]
        owner[column] = owner[before]
        column = before
      } while column != 0
    }
    var result = [Int?](repeating: nil, count: rows)
    for column in 1...n where owner[column] <= rows && column <= columns {
      result[owner[column] - 1] = column - 1
    }
    return result
  }
}
