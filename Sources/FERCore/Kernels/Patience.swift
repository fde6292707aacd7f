import CThreads
import Foundation

/// How long a thread waits awake before it sleeps: as long as that has been worth it lately.
///
/// Waking a sleeper takes the system 5 to 50 µs, so waiting awake pays while work comes sooner than that, and harms when
/// another thread could use the core.
struct Patience {
  /// The longest wait awake, in nanoseconds: what going to sleep and being woken costs.
  private static let most = 50_000
  private static let least = 2_000
  /// A look at the clock every so many pauses of 10 to 40 ns each.
  private static let pausesBetweenLooks = 16

  private var limit = Self.most
  private var start = 0
  private let mayWait: Bool

  /// - Parameter mayWait: false for a thread without a core of its own.
  init(mayWait: Bool) { self.mayWait = mayWait }

  /// Waits awake. False when it is time to sleep.
  @inline(__always)
  mutating func spin(until isOver: () -> Bool) -> Bool {
    if isOver() { return true }
    guard mayWait else { return false }
    start = Self.now()
    var last = start
    while true {
      for _ in 0..<Self.pausesBetweenLooks {
        cthreads_pause()
        if isOver() {
          limit = min(2 * limit, Self.most)
          return true
        }
      }
      let now = Self.now()
      if now - last > Self.most {
        // The system ran somebody else here meanwhile: the core is wanted.
        limit = Self.least
        return false
      }
      last = now
      if now - start > limit {
        limit = max(limit / 2, Self.least)
        return false
      }
    }
  }

  /// After sleep: a wait so short had better been spent awake.
  mutating func woke() {
    if mayWait, Self.now() - start < Self.most { limit = min(2 * limit, Self.most) }
  }

  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
