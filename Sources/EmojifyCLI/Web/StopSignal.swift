import Foundation

/// SIGTERM and Ctrl-C as a wish to stop. Made before any other thread, which then leave these signals to it.
struct StopSignal {
  private var signals = sigset_t()

  init() {
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Returns when the first comes. A second one ends the process at once.
  func wait() {
    var signal: Int32 = 0
    var signals = signals
    sigwait(&signals, &signal)
    let later = signals
    Thread.detachNewThread {
      var signals = later
      var signal: Int32 = 0
      sigwait(&signals, &signal)
      _exit(128 + signal)
    }
  }
}
