import Foundation

/// Runs numbered blocks of work on a fixed number of threads.
///
/// Callers cut work into blocks by shape and add partial sums in block order: then the result's bits do not depend on how
/// many threads there are or which of them ran a block. By `threads` only what is no sum over blocks may be cut.
///
/// The pool's own threads start with the first work there is for them and end with the pool. Between two pieces of work
/// they stay awake for some microseconds, then sleep; see `WorkerCrew`. A `run` allocates nothing.
public final class WorkerPool: Sendable {
  /// How many threads take part, the caller's included.
  public let threads: Int
  private let crew: WorkerCrew?

  /// - Parameter threads: nil takes one a core.
  public init(threads: Int? = nil) {
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    precondition(threads >= 1, "a pool needs a thread")
    self.threads = threads
    crew = threads > 1 ? WorkerCrew(threads: threads) : nil
  }

  deinit { crew?.dismiss() }

  /// Calls `body(worker, block)` once for every block in `0 ..< blocks` and returns when all are done. `worker` is in
  /// `0 ..< threads` and is never given to two blocks of this call at a time: it picks a scratch area.
  ///
  /// May be called from several threads at once and from inside a block: whoever finds the threads taken does its
  /// blocks itself.
  public func run(blocks: Int, _ body: (_ worker: Int, _ block: Int) -> Void) {
    if blocks > 1, let crew, crew.claim() {
      crew.run(blocks: blocks, body)
      return
    }
    for block in 0..<blocks { body(0, block) }
  }

  /// Cuts `0 ..< count` into blocks of `grain` and calls `body(range)` for each.
  public func run(over count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    run(blocks: (count + grain - 1) / grain) { _, block in
      body(block * grain..<min(count, (block + 1) * grain))
    }
  }
}
