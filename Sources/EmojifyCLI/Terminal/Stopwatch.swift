import Foundation

/// How long something takes by the wall clock, and what the process has cost so far.
struct Stopwatch {
  private let start = ProcessInfo.processInfo.systemUptime

  var seconds: Double { ProcessInfo.processInfo.systemUptime - start }

  /// `0.31 s`, `3:07`.
  var text: String {
    seconds < 60 ? NumberText.fixed(seconds, 2) + " s" : ProgressBar.duration(seconds)
  }

  /// The most memory the process had resident so far, in MB of 2²⁰ bytes.
  static var peakMemoryMegabytes: Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return Double(usage.ru_maxrss) / 1024  // Linux counts in KB
  }
}
