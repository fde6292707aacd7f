import Dispatch
import Foundation
import Synchronization

/// Ctrl-C as a wish: a long command asks `isRequested` where it can stop with nothing lost. The second Ctrl-C ends the
/// process at once.
final class Interrupt: Sendable {
  private let requests = Atomic<Int>(0)
  // Made and cancelled by this object alone; libdispatch's own calls are thread-safe.
  nonisolated(unsafe) private let source: any DispatchSourceSignal

  /// Takes SIGINT over from here on.
  init() {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global(qos: .userInitiated))
    source.setEventHandler { [weak self] in
      let earlier = self?.requests.add(1, ordering: .relaxed).oldValue ?? 1
      if earlier > 0 { _exit(130) }
    }
    source.activate()
  }

  deinit { source.cancel() }

  var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }
}
