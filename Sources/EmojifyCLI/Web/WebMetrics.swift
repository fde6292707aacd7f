import FERCore
import Foundation
import Synchronization

/// What the server has done, as Prometheus reads it (text format 0.0.4).
final class WebMetrics: Sendable {
  private struct Answer: Hashable {
    let route: String
    let status: Int
  }

  private struct Histogram {
    let bounds: [Double]
    var counts: [Int]
    var sum = 0.0
    var count = 0

    init(_ bounds: [Double]) {
      self.bounds = bounds
      counts = bounds.map { _ in 0 }
    }

    mutating func add(_ value: Double) {
      for (place, bound) in bounds.enumerated() where value <= bound { counts[place] += 1 }
      sum += value
      count += 1
    }
  }

  private struct State {
    var answers: [Answer: Int] = [:]
    var latencies: [String: Histogram] = [:]
    var batches = Histogram([1, 2, 4, 8, 16, 32, 64])
    var faces: [FaceClass: Int] = [:]
  }

  private static let latencyBounds = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  private let state = Mutex(State())
  private let began = Stopwatch()

  func countAnswer(_ route: String, status: Int, seconds: Double?) {
    state.withLock { state in
      state.answers[Answer(route: route, status: status), default: 0] += 1
      guard let seconds else { return }
      state.latencies[route, default: Histogram(Self.latencyBounds)].add(seconds)
    }
  }

  func countBatch(of faces: Int) { state.withLock { $0.batches.add(Double(faces)) } }

  func countFaces(_ emotions: [FaceClass]) {
    state.withLock { state in
      for emotion in emotions { state.faces[emotion, default: 0] += 1 }
    }
  }

  /// - Parameter gauges: what others know at this moment: name, help, value.
  func text(gauges: [(name: String, help: String, value: Double)]) -> String {
    let state = state.withLock { $0 }
    var lines: [String] = []
    func begin(_ name: String, _ help: String, _ type: String) {
      lines += ["# HELP emojify_\(name) \(help)", "# TYPE emojify_\(name) \(type)"]
    }
    begin("requests_total", "Requests answered, by route and status.", "counter")
    for (answer, count) in state.answers.sorted(by: {
      ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status)
    }) {
      lines.append(
        "emojify_requests_total{route=\"\(answer.route)\",status=\"\(answer.status)\"} \(count)")
    }
    begin("request_seconds", "From the request's last byte to its answer, by route.", "histogram")
    for (route, histogram) in state.latencies.sorted(by: { $0.key < $1.key }) {
      lines += Self.lines("request_seconds", "route=\"\(route)\"", histogram)
    }
    begin("faces_total", "Faces found, by their most probable emotion.", "counter")
    let seven = Emotion.allCases.map { FaceClass.emotion($0) }
    let others = state.faces.keys.filter { !seven.contains($0) }.sorted { $0.name < $1.name }
    for emotion in seven + others {
      lines.append(
        "emojify_faces_total{emotion=\"\(Self.escaped(emotion.name))\"} "
          + "\(state.faces[emotion, default: 0])")
    }
    begin("batch_faces", "Faces the network was asked about together.", "histogram")
    lines += Self.lines("batch_faces", "", state.batches)
    let own = [
      (name: "uptime_seconds", help: "Since the server began.", value: began.seconds),
      (
        name: "resident_bytes", help: "Memory the process has resident.",
        value: Double(Self.residentBytes)
      ),
    ]
    for gauge in gauges + own {
      begin(gauge.name, gauge.help, "gauge")
      lines.append("emojify_\(gauge.name) \(Self.number(gauge.value))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(_ name: String, _ label: String, _ histogram: Histogram) -> [String] {
    let prefix = label.isEmpty ? "" : label + ","
    let labels = label.isEmpty ? "" : "{\(label)}"
    return zip(histogram.bounds, histogram.counts).map { bound, count in
      "emojify_\(name)_bucket{\(prefix)le=\"\(number(bound))\"} \(count)"
    } + [
      "emojify_\(name)_bucket{\(prefix)le=\"+Inf\"} \(histogram.count)",
      "emojify_\(name)_sum\(labels) \(number(histogram.sum))",
      "emojify_\(name)_count\(labels) \(histogram.count)",
    ]
  }

  /// A label's value (text format 0.0.4).
  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
      .replacingOccurrences(of: "\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  /// Linux: the second number of /proc/self/statm, in pages.
  private static var residentBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
