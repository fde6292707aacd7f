import Foundation

/// Weights from one network into another that has some of the same layers.
extension Network {
  /// Takes over the weights of all layers that have the same name and the same shapes in `other`; names them.
  public func takeWeights(from other: Network) -> [String] {
    let taken = nodes.compactMap { node -> String? in
      let own = node.layer?.parameters ?? []
      guard let twin = other.node(named: node.name), !own.isEmpty,
        own.map(\.shape) == twin.layer?.parameters.map(\.shape)
      else { return nil }
      node.takeValues(from: twin)
      return node.name
    }
    parametersChanged()
    return taken
  }
}

extension Network.Node {
  /// Copies the parameters' values of a node of the same kind and shapes. Whoever calls it says `parametersChanged`.
  func takeValues(from other: Network.Node) {
    for (to, from) in zip(layer?.parameters ?? [], other.layer?.parameters ?? []) {
      to.value.copy(from: from.value.view)
    }
  }
}

extension KerasFormat {
  /// Reads the weights of all layers that have the same name and the same shapes in the file, a whole model or weights
  /// alone, into `network`. Names those layers; the others stay as they are. Keras 3's `.weights.h5` names layers by class
  /// and number: there these have to agree.
  public static func readMatchingWeights(
    from url: URL, into network: Network
  ) throws -> [String] {
    guard try holdsWeightsOnly(url) else { return network.takeWeights(from: try read(url).network) }
    let file = try HDF5File(reading: url)
    let weights = try KerasWeights(file)
    var taken: [String] = []
    let slots = KerasWeights.Slot.slots(of: network, origin: try KerasOrigin(file))
    for slot in slots where !slot.parameters.isEmpty {
      guard let paths = try? weights.paths(for: [slot], byOrder: false, file) else { continue }
      try weights.read(paths[0], of: slot, into: slot.parameters, file)
      taken.append(slot.layer)
    }
    network.parametersChanged()
    return taken
  }

  private static func holdsWeightsOnly(_ url: URL) throws -> Bool {
    // An archive holds a whole model.
    guard ForeignFile.unreadable(url) == nil, !KerasArchive.isArchive(url) else { return false }
    let file = try HDF5File(reading: url)
    let (config, areThere) = (try file.string("model_config"), try KerasWeights.areIn(file))
    return config == nil && areThere
  }
}
