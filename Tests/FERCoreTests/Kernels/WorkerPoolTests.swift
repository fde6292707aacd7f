import Synchronization
import Testing

@testable import FERCore

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 5, 16], [0, 1, 2, 5, 1000]) func everyBlockRunsOnce(
    threads: Int, blocks: Int
  ) {
    let runs = Mutex(Array(repeating: 0, count: blocks))
    let busy = Mutex(Set<Int>())
    WorkerPool(threads: threads).run(blocks: blocks) { worker, block in
      #expect((0..<threads).contains(worker))
      let isFree = busy.withLock { $0.insert(worker).inserted }
      #expect(isFree, "two blocks share worker \(worker)")
      runs.withLock { $0[block] += 1 }
      _ = busy.withLock { $0.remove(worker) }
    }
    let counts = runs.withLock { $0 }
    #expect(counts == Array(repeating: 1, count: blocks))
  }

  @Test func rangesCoverTheCount() {
    let seen = Mutex(Array(repeating: 0, count: 1003))
    WorkerPool(threads: 3).run(over: 1003, grain: 16) { range in
      #expect(range.lowerBound % 16 == 0 && range.count <= 16)
      seen.withLock { for index in range { $0[index] += 1 } }
    }
    let counts = seen.withLock { $0 }
    #expect(counts == Array(repeating: 1, count: 1003))
  }
}
