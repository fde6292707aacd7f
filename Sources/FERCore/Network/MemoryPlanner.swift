/// Lays buffers of known size and lifetime out in one arena, so that those alive at the same time never overlap.
struct MemoryPlanner {
  struct Request {
    var floats: Int
    /// First and last point of the step's timeline at which the contents matter.
    var first: Int
    var last: Int
  }

  private(set) var requests: [Request] = []

  /// A new buffer; the result is its index.
  mutating func add(floats: Int, first: Int, last: Int) -> Int {
    requests.append(Request(floats: (floats + 15) & ~15, first: first, last: last))
    return requests.count - 1
  }

  /// Makes a buffer live at `time` too, and at least `floats` long.
  mutating func extend(_ buffer: Int, to time: Int, floats: Int = 0) {
    requests[buffer].first = min(requests[buffer].first, time)
    requests[buffer].last = max(requests[buffer].last, time)
    requests[buffer].floats = max(requests[buffer].floats, (floats + 15) & ~15)
  }

  /// Offsets in floats, and the arena's size. Largest first, each at the lowest place that is free for its whole life:
  /// the greedy-by-size strategy of Pisarchyk & Lee 2020.
  func layout() -> (offsets: [Int], total: Int) {
    var offsets = Array(repeating: 0, count: requests.count)
    var placed: [Int] = []
    var total = 0
    let bySize = requests.indices.sorted {
      (requests[$0].floats, $1) > (requests[$1].floats, $0)
    }
    for index in bySize {
      let request = requests[index]
      let neighbours = placed.filter {
        requests[$0].first <= request.last && request.first <= requests[$0].last
      }.sorted { offsets[$0] < offsets[$1] }
      var offset = 0
      for other in neighbours {
        if offset + request.floats <= offsets[other] { break }
        offset = max(offset, offsets[other] + requests[other].floats)
      }
      offsets[index] = offset
      placed.append(index)
      total = max(total, offset + request.floats)
    }
    return (offsets, total)
  }
}
