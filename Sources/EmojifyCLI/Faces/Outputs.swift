import FERCore

/// What a model's outputs are, in words.
struct Outputs {
  let kind: OutputKind
  private let isTold: Bool
  private let end: String

  /// - Parameter told: what is said of them; nil leaves it to the layers.
  init(of network: Network, told: OutputKind?) {
    kind = told ?? OutputKind(of: network)
    isTold = told != nil
    let last = network.nodes[network.nodes.count - 1]
    end = "'\(last.name)' (\(last.layer?.className ?? "input"))"
  }

  /// For a table.
  var text: String { kind.rawValue + (isTold ? "" : ", by the last layer") }

  /// For a user who sees percentages that are not the model's own numbers; nil where they are, or where somebody said what
  /// the outputs are.
  var note: String? {
    guard !isTold, kind != .probabilities else { return nil }
    let way = kind == .logits ? "through softmax" : "as shares of their sum"
    return
      "ends in \(end), which gives no probabilities: taken as \(kind.rawValue) and shown \(way); "
      + "'emojify model adopt --output' tells otherwise"
  }
}
