import Dispatch
import Foundation
import Synchronization

/// Ctrl-C as a wish, while this object lives: the first asks the work to end where nothing is lost, the second ends the
/// process at once.
final class Interrupt: Sendable {
  // Made and cancelled by this object alone; libdispatch's own calls are thread-safe.
  nonisolated(unsafe) private let source: any DispatchSourceSignal

  /// `handler` is called on a thread of its own.
  init(_ handler: @escaping @Sendable () -> Void) {
    signal(SIGINT, SIG_IGN)  // the source sees it all the same, and the process stays
    let wasAsked = Atomic(false)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global(qos: .userInitiated))
    source.setEventHandler {
      if wasAsked.exchange(true, ordering: .relaxed) { _exit(130) }
      handler()
    }
    source.activate()
  }

  deinit {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }
}
