import Dispatch

/// Times work the way the peers' scripts in bench/ do: warm-up, then repetitions of equal length.
enum BenchTiming {
  static let repetitions = 7
  static let warmUpSeconds = 1.0

  static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

  /// Runs `work` at least once, for about a second (or less, where little measuring is asked for).
  static func warmUp(for seconds: Double, _ work: () -> Void) {
    let end = now() + min(warmUpSeconds, seconds)
    repeat { work() } while now() < end
  }

  /// Mean seconds of one `work` in each of the repetitions, which together take about `seconds`.
  static func repetitionTimes(seconds: Double, _ work: () -> Void) -> [Double] {
    (0..<repetitions).map { _ in
      let start = now()
      var count = 0
      repeat {
        work()
        count += 1
      } while now() - start < seconds / Double(repetitions)
      return (now() - start) / Double(count)
    }
  }

  /// Seconds of every single `work`, for about `seconds`.
  static func singleTimes(seconds: Double, _ work: () -> Void) -> [Double] {
    var times: [Double] = []
    let end = now() + seconds
    repeat {
      let start = now()
      work()
      times.append(now() - start)
    } while now() < end
    return times
  }

  /// The value below which `share` of the values lie; of an even count's two middle values the mean is the median.
  static func quantile(_ share: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    if share == 0.5, sorted.count.isMultiple(of: 2) {
      return (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
    }
    return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
  }
}
