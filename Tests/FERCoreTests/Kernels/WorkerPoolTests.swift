import Foundation
import Synchronization
import Testing

@testable import FERCore

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 5, 16, 64], [0, 1, 2, 5, 63, 1000]) func everyBlockRunsOnce(
    threads: Int, blocks: Int
  ) {
    let runs = Locked(Array(repeating: 0, count: blocks))
    let busy = Locked(Set<Int>())
    let pool = WorkerPool(threads: threads)
    for round in 1...3 {
      pool.run(blocks: blocks) { worker, block in
        #expect((0..<threads).contains(worker))
        let isFree = busy.withLock { $0.insert(worker).inserted }
        #expect(isFree, "two blocks share worker \(worker)")
        runs.withLock { $0[block] += 1 }
        _ = busy.withLock { $0.remove(worker) }
      }
      let counts = runs.withLock { $0 }
      #expect(counts == Array(repeating: round, count: blocks))
    }
  }

  @Test func rangesCoverTheCount() {
    let seen = Locked(Array(repeating: 0, count: 1003))
    WorkerPool(threads: 3).run(over: 1003, grain: 16) { range in
      #expect(range.lowerBound % 16 == 0 && range.count <= 16)
      seen.withLock { for index in range { $0[index] += 1 } }
    }
    let counts = seen.withLock { $0 }
    #expect(counts == Array(repeating: 1, count: 1003))
  }

  /// What the blocks write is there when `run` returns, and they see what was written before: without a lock.
  @Test(arguments: [2, 3, 8]) func jobsFollowEachOther(threads: Int) {
    let pool = WorkerPool(threads: threads)
    var random = SeededRandom(seed: 7)
    nonisolated(unsafe) let values = UnsafeMutablePointer<Int>.allocate(capacity: 100)
    values.initialize(repeating: 0, count: 100)
    defer { values.deallocate() }
    var expected = Array(repeating: 0, count: 100)
    for job in 1...2000 {
      let blocks = 1 + random.integer(below: 100)
      pool.run(blocks: blocks) { _, block in values[block] = 3 &* values[block] &+ job }
      for block in 0..<blocks { expected[block] = 3 &* expected[block] &+ job }
      // Gaps on both sides of what a worker waits awake, so that it is met awake, asleep and between.
      if job % 50 == 0 { usleep(UInt32(random.integer(below: 300))) }
    }
    #expect(Array(UnsafeBufferPointer(start: values, count: 100)) == expected)
  }

  @Test func aBlockMayRunBlocks() {
    let pool = WorkerPool(threads: 3)
    let other = WorkerPool(threads: 2)
    let count = Atomic(0)
    pool.run(blocks: 10) { _, _ in
      pool.run(blocks: 10) { worker, _ in
        #expect(worker < 3)
        other.run(blocks: 10) { _, _ in
          pool.run(blocks: 2) { _, _ in count.add(1, ordering: .relaxed) }
        }
      }
    }
    #expect(count.load(ordering: .relaxed) == 10 * 10 * 10 * 2)
  }

  @Test func manyThreadsMayCallAtOnce() {
    let pool = WorkerPool(threads: 3)
    let count = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<200 {
        let own = Atomic(0)
        let busy = Locked(Set<Int>())
        pool.run(blocks: 7) { worker, block in
          let isFree = busy.withLock { $0.insert(worker).inserted }
          #expect(isFree, "two blocks of one call share worker \(worker)")
          own.add(1 << (8 * block), ordering: .relaxed)
          _ = busy.withLock { $0.remove(worker) }
        }
        #expect(own.load(ordering: .relaxed) == 0x01_0101_0101_0101)
        count.add(1, ordering: .relaxed)
      }
    }
    #expect(count.load(ordering: .relaxed) == 8 * 200)
  }

  @Test func poolsComeAndGo() {
    for round in 0..<200 {
      let pool = WorkerPool(threads: 2 + round % 4)
      let count = Atomic(0)
      if round % 3 > 0 { pool.run(blocks: round) { _, _ in count.add(1, ordering: .relaxed) } }
      #expect(count.load(ordering: .relaxed) == (round % 3 > 0 ? round : 0))
    }
  }

  @Test func sumsHaveTheSameBitsOnAnyNumberOfThreads() {
    var random = SeededRandom(seed: 3)
    let values = (0..<100_000).map { _ in random.normal() }
    func sum(threads: Int) -> Float {
      let partials = Locked(Array(repeating: Float(0), count: 100))
      WorkerPool(threads: threads).run(over: values.count, grain: 1000) { range in
        let partial = values[range].reduce(0, +)
        partials.withLock { $0[range.lowerBound / 1000] = partial }
      }
      return partials.withLock { $0.reduce(0, +) }
    }
    let expected = sum(threads: 1).bitPattern
    for threads in [2, 3, 7, 64] { #expect(sum(threads: threads).bitPattern == expected) }
  }
}

/// A value behind a lock that the thread sanitizer knows; it takes `Mutex` for none.
private final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    lock.withLock { body(&value) }
  }
}
