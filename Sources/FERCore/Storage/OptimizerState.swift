/// What an optimizer remembers of a network between two steps: for each parameter that learns SGD's velocity, or Adam's
/// moments before their bias is corrected. Keras means the same by these numbers.
public struct OptimizerState: Sendable {
  /// How many updates were made.
  public let steps: Int
  /// By layer: for each of its parameters that learn, in order, its arrays in the parameter's shape. A layer that could
  /// learn and is not named here is frozen.
  let arrays: [String: [[Tensor]]]

  init(steps: Int, arrays: [String: [[Tensor]]]) {
    self.steps = steps
    self.arrays = arrays
  }

  /// - Parameter slots: laid out like the start of `network.values`.
  init(steps: Int, slots: [FloatBuffer], of network: Network) {
    precondition(slots.allSatisfy { $0.count == network.trainableCount }, "of another network")
    var arrays: [String: [[Tensor]]] = [:]
    for node in network.nodes {
      let learned = node.layer?.parameters.filter(\.isTrainable) ?? []
      guard !learned.isEmpty else { continue }
      arrays[node.name] = learned.map { parameter in
        let offset = parameter.value.base - network.values.base
        return slots.map {
          Tensor(copying: TensorView(base: $0.base + offset, shape: parameter.shape))
        }
      }
    }
    self.init(steps: steps, arrays: arrays)
  }

  /// Whether the layer could learn and does not.
  func freezes(_ node: Network.Node, of network: Network) -> Bool {
    guard arrays[node.name] == nil else { return false }
    return network.frozen.contains(node.name) || node.learns
  }

  // MARK: Writing

  /// The lists in which Keras keeps the variables of an optimizer.
  enum List {
    /// Keras 2's, by name: how many steps were made; then for AdamW the arrays of the first parameter, of the second …,
    /// but for the others the first array of all parameters, then the second. A `training_config` that Keras before 2.11
    /// understands means the optimizers of that time, which have the latter, and AdamW is none of them.
    case legacy
    /// Keras 3's: the learning rate comes second, then parameter after parameter; in the legacy layout by name, in
    /// `.keras` by number.
    case legacyOfKeras3, archive
  }

  /// Writes the variables of the optimizer in the order of `layers`, which must be that of Keras' layers.
  func write(
    as list: List, _ training: KerasTraining, of network: Network, layers: [String],
    to file: borrowing HDF5File
  ) throws {
    let root = "optimizer_weights"
    var names: [String] = []
    func path(_ name: String) -> String {
      defer { names.append(name) }
      return list == .archive ? "optimizer/vars/\(names.count)" : "\(root)/\(name)"
    }
    let isByParameter = list != .legacy || training.optimizer == "AdamW"
    let steps = [Int64(steps)]
    try file.write(steps, shape: [], to: path(isByParameter ? "iteration:0" : "iter:0"))
    if list != .legacy {
      let rate = training.settings["learning_rate"]?.doubleValue ?? 0
      try file.write(Tensor([], [Float(rate)]), to: path("learning_rate:0"))
    }
    let slots = training.slots ?? []
    let learned = layers.flatMap { layer -> [(name: String, arrays: [Tensor])] in
      let parameters = network.node(named: layer)?.layer?.parameters.filter(\.isTrainable) ?? []
      return zip(parameters, arrays[layer] ?? []).map { parameter, own in
        precondition(own.allSatisfy { $0.shape == parameter.shape }, "state of another network")
        return ("\(training.optimizer)/\(layer)/\(parameter.name)", own)
      }
    }
    for index in 0..<learned.count * slots.count {
      let (place, slot) =
        isByParameter
        ? (index / slots.count, index % slots.count)
        : (index % learned.count, index / learned.count)
      let parameter = learned[place]
      try file.write(parameter.arrays[slot], to: path("\(parameter.name)/\(slots[slot]):0"))
    }
    if list != .archive { try file.setStrings(names, "weight_names", of: root) }
  }
}

extension KerasTraining {
  /// What Keras 2 calls the arrays that the optimizer keeps for a parameter; nil where its state is not understood.
  var slots: [String]? {
    switch optimizer {
    case "Adam", "AdamW": settings["amsgrad"]?.boolValue == true ? nil : ["m", "v"]
    case "SGD": settings["momentum"]?.doubleValue ?? 0 == 0 ? [] : ["momentum"]
    default: nil
    }
  }
}
