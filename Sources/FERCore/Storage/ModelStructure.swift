import Foundation

/// What says the layers of a model whose file holds weights only, as Keras' `save_weights` writes it.
public enum ModelStructure {
  /// A network whose layers the weights are for.
  case network(Network)
  /// A file of Keras' `to_json`.
  case configuration(URL)
}

extension KerasWeights.Slot {
  /// The layers of a network, in its order.
  /// - Parameter origin: of the weights.
  static func slots(of network: Network, origin: KerasOrigin) -> [Self] {
    var kinds = KerasKinds()
    return network.nodes.compactMap { node in
      guard let layer = node.layer else { return nil }
      let address = KerasAddress().appending(
        name: node.name, kind: kinds.next(layer.className), isTrainable: true)
      return Self(
        layer: node.name, address: address, parameters: layer.parameters,
        order: origin.order(for: layer.className))
    }
  }
}

/// Numbers the layers of one model by class, as Keras 3 names their groups: `conv2d`, `conv2d_1`.
struct KerasKinds {
  private var counts: [String: Int] = [:]

  mutating func next(_ className: String) -> String {
    let kind = NetworkBuilder.snakeCase(className)
    let number = counts[kind, default: 0]
    counts[kind] = number + 1
    return number == 0 ? kind : "\(kind)_\(number)"
  }
}
