/// "Did you mean": the known word nearest to a mistyped one.
enum Suggestion {
  /// The candidate with the fewest edits, if they are few for the word's length.
  static func closest(to word: String, among candidates: [String]) -> String? {
    let scored = candidates.map { (name: $0, edits: distance(word, $0)) }
    guard let best = scored.min(by: { $0.edits < $1.edits }) else { return nil }
    let letters = word.filter { $0 != "-" }.count
    if best.edits <= max(1, letters / 3) { return best.name }
    return candidates.first { letters >= 3 && $0.hasPrefix(word) }
  }

  /// Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment distance,
  /// Boytsov 2011).
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        let substitution = rows[i][j] + (a[i] == b[j] ? 0 : 1)
        var best = min(substitution, rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
