import Dispatch
import Foundation
import Synchronization

/// Runs numbered blocks of work on a fixed number of threads.
///
/// Callers cut work into blocks by shape, never by `threads`, and add partial sums in block order: then the result's
/// bits do not depend on how many threads there are or which of them ran a block.
public final class WorkerPool: Sendable {
  /// The calling thread alone: for work inside a block of another pool's.
  static let caller = WorkerPool(threads: 1)

  /// How many threads take part, the caller's included.
  public let threads: Int

  public init(threads: Int = ProcessInfo.processInfo.activeProcessorCount) {
    precondition(threads >= 1, "a pool needs a thread")
    self.threads = threads
  }

  /// Calls `body(worker, block)` once for every block in `0 ..< blocks` and returns when all are done. `worker` is in
  /// `0 ..< threads` and is never given to two blocks at a time: it picks a scratch area.
  public func run(blocks: Int, _ body: (_ worker: Int, _ block: Int) -> Void) {
    let workers = min(threads, blocks)
    guard workers > 1 else {
      for block in 0..<blocks { body(0, block) }
      return
    }
    let next = Atomic<Int>(0)
    // Blocks differ in cost and the cores in load, so each worker takes the next block when it is free.
    withoutActuallyEscaping(body) { body in
      // The blocks write disjoint memory: that is this type's contract with its callers.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        while true {
          let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard block < blocks else { return }
          body(worker, block)
        }
      }
    }
  }

  /// Cuts `0 ..< count` into blocks of `grain` and calls `body(range)` for each.
  public func run(over count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    run(blocks: (count + grain - 1) / grain) { _, block in
      body(block * grain..<min(count, (block + 1) * grain))
    }
  }
}
