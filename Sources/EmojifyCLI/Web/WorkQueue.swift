import Foundation

/// Threads that do jobs in their order, each with a seat of its own: what only one thread may use at a time.
///
/// `@unchecked Sendable`: what changes is held by `condition`, a seat is its thread's alone.
final class WorkQueue<Seat>: @unchecked Sendable {
  typealias Job = (Seat) -> Void

  /// How many may be admitted at a time.
  let limit: Int
  private let condition = NSCondition()
  private var jobs: [Job] = []
  private var admitted = 0
  private var isEnding = false

  /// A thread for each of `seats`.
  init(seats: [Seat], limit: Int) {
    self.limit = limit
    for seat in seats {
      let carrier = Carrier(seat)
      let thread = Thread { self.work(carrier.seat) }
      thread.name = "faces"
      thread.start()
    }
  }

  private struct Carrier: @unchecked Sendable {
    let seat: Seat
    init(_ seat: Seat) { self.seat = seat }
  }

  /// Adds the first job of something that is to be done, unless `limit` others are not done yet.
  func admit(_ job: @escaping Job) -> Bool {
    condition.withLock {
      guard admitted < limit else { return false }
      admitted += 1
      jobs.append(job)
      condition.signal()
      return true
    }
  }

  /// Adds a further job of something admitted; it comes before the others' first ones.
  func goOn(_ job: @escaping Job) {
    condition.withLock {
      jobs.insert(job, at: 0)
      condition.signal()
    }
  }

  /// What was admitted is done.
  func leave() { condition.withLock { admitted -= 1 } }

  var load: Int { condition.withLock { admitted } }

  /// Ends the threads when there are no jobs.
  func end() {
    condition.withLock {
      isEnding = true
      condition.broadcast()
    }
  }

  private func work(_ seat: Seat) {
    while true {
      condition.lock()
      while jobs.isEmpty && !isEnding { condition.wait() }
      guard !jobs.isEmpty else { return condition.unlock() }
      let job = jobs.removeFirst()
      condition.unlock()
      job(seat)
    }
  }
}
