import FERCore
import Foundation

/// `emojify model diff`: in what two models differ.
struct ModelDiff: Command {
  static let name = "model diff"
  static let summary = "Compare two models, layer by layer and weight by weight."
  static let examples = [
    Example("emojify model diff a.h5 b.h5", "What differs; exit 1 where something does."),
    Example("emojify model diff run/start.h5 run/best.h5 --json", "How far training went."),
  ]
  static let discussion = """
    Layers are compared by their places and settings: Keras numbers names anew in every session. Weights are compared \
    where shapes agree.
    """
  static var positionals: [Positional<Self>] {
    [.one("A", \.first, ModelChoice.fileOrByName), .one("B", \.second, "Another.")]
  }
  static var options: [Option<Self>] {
    [
      .value(
        "--tolerance", "<number>", \.tolerance, in: .atLeast(0),
        "The largest difference of a weight that counts as none."),
      .flag("--json", \.json, "Write the differences as JSON."),
    ]
  }

  var common = CommonOptions()
  var first = ""
  var second = ""
  var tolerance = 0.0
  var json = false

  func run(_ terminal: Terminal) throws {
    let a = try KerasFormat.read(ModelChoice.file(first)).network
    let b = try KerasFormat.read(ModelChoice.file(second)).network
    let difference = try ModelDifference(a, b)
    let passes = difference.structure.isEmpty && difference.largest <= tolerance
    if json {
      try JSONOutput.write(
        Report(
          structure: difference.structure, weights: difference.weights,
          largestDifference: difference.largest, tolerance: tolerance, passes: passes))
    } else {
      show(difference, passes)
    }
    if !passes { throw EarlyEnd(exitCode: 1) }
  }

  private struct Report: Encodable {
    let structure: [String]
    let weights: [ModelDifference.Weight]
    let largestDifference: Double
    let tolerance: Double
    let passes: Bool

    enum CodingKeys: String, CodingKey {
      case structure, weights, tolerance, passes
      case largestDifference = "largest_difference"
    }
  }

  private func show(_ difference: ModelDifference, _ passes: Bool) {
    for line in difference.structure { print(line) }
    let changed = difference.weights.filter { $0.largest > 0 }
    if !changed.isEmpty {
      if !difference.structure.isEmpty { print("") }
      var table = Table(
        [.left, .left, .right, .right],
        header: ["weight", "shape", "largest difference", "mean difference"])
      for weight in changed {
        table.row([
          weight.name, Shape(weight.shape).description, Self.text(weight.largest),
          Self.text(weight.mean),
        ])
      }
      print(table.text + "\n")
    }
    let compared = NumberText.count(difference.weights.count, "weight")
    if difference.structure.isEmpty, changed.isEmpty {
      print("the same: all layers, and \(compared) to the last bit")
    } else {
      let layers = NumberText.count(difference.structure.count, "difference")
      print(
        "\(layers) in layers; \(changed.count) of \(compared) differ, by at most "
          + "\(Self.text(difference.largest)): \(passes ? "the same" : "not the same") within \(tolerance)"
      )
    }
  }

  private static func text(_ number: Double) -> String { String(format: "%.3g", number) }
}

/// What two networks differ in.
struct ModelDifference {
  struct Weight: Encodable {
    let name: String
    let shape: [Int]
    let largest: Double
    let mean: Double
  }

  /// A line for each layer that is another, is missing, or takes something else.
  private(set) var structure: [String] = []
  /// All weights that both have in the same place and shape.
  private(set) var weights: [Weight] = []
  var largest: Double { weights.map(\.largest).max() ?? 0 }

  init(_ a: Network, _ b: Network) throws {
    if a.inputShape != b.inputShape {
      structure.append("input: \(a.inputShape) in A, \(b.inputShape) in B")
    }
    let pairs = Self.paired(a.nodes.dropFirst().map(\.name), b.nodes.dropFirst().map(\.name), a, b)
    var places: [Int: Int] = [0: 0]  // of A's nodes in B
    for case (let i?, let j?) in pairs { places[i] = j }
    for (i, j) in pairs {
      switch (i, j) {
      case (let i?, nil): structure.append("only in A: \(Self.title(a.nodes[i]))")
      case (nil, let j?): structure.append("only in B: \(Self.title(b.nodes[j]))")
      case (let i?, let j?): try compare(a, i, b, j, places)
      default: break
      }
    }
  }

  /// Not a number, or one without an end, on one side counts as the largest difference that JSON can say.
  static func difference(_ a: Float, _ b: Float) -> Double {
    if a == b { return 0 }
    let difference = abs(Double(a) - Double(b))
    return difference.isFinite ? difference : .greatestFiniteMagnitude
  }

  private static func title(_ node: Network.Node) -> String {
    "\(node.name) (\(node.layer?.className ?? "input")), output \(node.outputShape)"
  }

  private mutating func compare(
    _ a: Network, _ i: Int, _ b: Network, _ j: Int, _ places: [Int: Int]
  ) throws {
    let (x, y) = (a.nodes[i], b.nodes[j])
    guard let first = x.layer, let second = y.layer else { return }
    let name = x.name == y.name ? x.name : "\(x.name) / \(y.name)"
    let changes = try KerasFormat.differences(first, second)
    if !changes.isEmpty {
      structure.append("\(name) (\(first.className)): \(changes.joined(separator: ", "))")
    }
    if x.inputs.map({ places[$0] }) != y.inputs.map({ Optional($0) }) {
      let names = (x.inputs.map { a.nodes[$0].name }, y.inputs.map { b.nodes[$0].name })
      structure.append(
        "\(name): takes \(names.0.joined(separator: ", ")) in A, \(names.1.joined(separator: ", ")) in B"
      )
    }
    for (from, to) in zip(first.parameters, second.parameters) {
      guard from.shape == to.shape else {
        structure.append("\(name)/\(from.name): \(from.shape) in A, \(to.shape) in B")
        continue
      }
      var (largest, sum) = (0.0, 0.0)
      for k in 0..<from.shape.count where from.value.base[k] != to.value.base[k] {
        // The same not-a-number on both sides is no difference.
        if from.value.base[k].bitPattern == to.value.base[k].bitPattern { continue }
        let difference = Self.difference(from.value.base[k], to.value.base[k])
        largest = max(largest, difference)
        sum = min(sum + difference, .greatestFiniteMagnitude)
      }
      weights.append(
        Weight(
          name: "\(x.name)/\(from.name)", shape: from.shape.dimensions, largest: largest,
          mean: sum / Double(max(1, from.shape.count))))
    }
  }

  /// Which node of A is which of B, in order: the longest list of layers of one class, by name where names agree.
  private static func paired(
    _ x: [String], _ y: [String], _ a: Network, _ b: Network
  ) -> [(Int?, Int?)] {
    guard x.count * y.count <= 16_000_000 else {  // no network people draw: memory before all
      return (0..<max(x.count, y.count)).map {
        ($0 < x.count ? $0 + 1 : nil, $0 < y.count ? $0 + 1 : nil)
      }
    }
    // Longest common subsequence, each pair weighed: the same class counts, the same name and shape besides.
    func score(_ i: Int, _ j: Int) -> Int {
      let (p, q) = (a.nodes[i + 1], b.nodes[j + 1])
      guard p.layer?.className == q.layer?.className else { return 0 }
      return 4 + (p.name == q.name ? 2 : 0) + (p.outputShape == q.outputShape ? 1 : 0)
    }
    var best = [[Int]](repeating: [Int](repeating: 0, count: y.count + 1), count: x.count + 1)
    for i in x.indices.reversed() {
      for j in y.indices.reversed() {
        let own = score(i, j)
        best[i][j] = max(
          best[i + 1][j], best[i][j + 1], own == 0 ? 0 : own + best[i + 1][j + 1])
      }
    }
    var pairs: [(Int?, Int?)] = []
    var (i, j) = (0, 0)
    while i < x.count || j < y.count {
      if i < x.count, j < y.count, score(i, j) > 0,
        best[i][j] == score(i, j) + best[i + 1][j + 1]
      {
        pairs.append((i + 1, j + 1))
        i += 1
        j += 1
      } else if j == y.count || (i < x.count && best[i + 1][j] >= best[i][j + 1]) {
        pairs.append((i + 1, nil))
        i += 1
      } else {
        pairs.append((nil, j + 1))
        j += 1
      }
    }
    return pairs
  }
}
