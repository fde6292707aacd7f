/// Finds a network's weights in a file that Keras wrote: the legacy layout, found by following `weight_names`, or Keras
/// 3's `.weights.h5`, a tree of `layers/conv2d_1/vars/0`.
///
/// Weights go to layers by name where the file has all names, else by order, as Keras does it.
struct KerasWeights {
  /// A layer that wants weights.
  struct Slot {
    /// As messages call it.
    let layer: String
    let address: KerasAddress
    /// Declared, in Keras' order; their values need not exist.
    let parameters: [Parameter]
    var order = StoredOrder()
    /// Whether the layer may have weights in the file that the network has no use for, such as the state of a random
    /// generator.
    var ignoresOthers = false
  }

  private enum Layout {
    /// The group that holds a group for each layer, with a slash: `model_weights/`, or empty for the root.
    case legacy(root: String)
    /// The name of the groups that hold a model's layers.
    case tree(layers: String)
  }

  private let layout: Layout

  init(_ file: borrowing HDF5File) throws {
    if try file.kind(of: "model_weights") == .group {
      layout = .legacy(root: "model_weights/")
    } else if try file.strings("layer_names") != nil {
      layout = .legacy(root: "")
    } else {
      // Keras 2.12 called them by the second name.
      let names = ["layers", "_layer_checkpoint_dependencies"]
      let links = try file.links().map(\.name)
      let name = names.first { name in links.contains { $0.hasPrefix(name) } }
      layout = name.map { .tree(layers: $0) } ?? .legacy(root: "")
    }
  }

  /// Whether the file has weights of layers at all.
  static func areIn(_ file: borrowing HDF5File) throws -> Bool {
    if try file.strings("layer_names") != nil || file.kind(of: "model_weights") == .group {
      return true
    }
    if case .tree = try KerasWeights(file).layout { return true }
    return false
  }

  // MARK: Reading

  /// The datasets of each slot's parameters, every shape held against what the parameter expects.
  /// - Parameter byOrder: whether layers that the file does not name may be those of its order.
  func paths(
    for slots: [Slot], byOrder: Bool = true, _ file: borrowing HDF5File
  ) throws -> [[String]] {
    switch layout {
    case .tree(let layers):
      let paths = try slots.map { try treePaths(of: $0, under: layers, file) }
      try check(paths, slots, file)
      return paths
    case .legacy(let root):
      return try legacyPaths(for: slots, under: root, byOrder: byOrder, file)
    }
  }

  /// Reads the weights of one slot into `parameters`, which are those it declared.
  func read(
    _ paths: [String], of slot: Slot, into parameters: [Parameter], _ file: borrowing HDF5File
  ) throws {
    for (parameter, path) in zip(parameters, paths) {
      let tensor = slot.order.arranged(try file.readFloats(path), for: parameter)
      withExtendedLifetime(tensor) { parameter.value.copy(from: tensor.view) }
    }
  }

  private func check(
    _ paths: [[String]], _ slots: [Slot], _ file: borrowing HDF5File
  ) throws {
    for (slot, paths) in zip(slots, paths) {
      for (parameter, path) in zip(slot.parameters, paths) {
        let shape = try file.shape(of: path)
        let expected = slot.order.storedShape(of: parameter)
        guard shape == expected else {
          throw EmojifyError.badData(
            "\(file.name): '\(slot.layer)/\(parameter.name)' has shape \(shape), "
              + "the network expects \(expected)")
        }
      }
    }
  }

  // MARK: The tree of Keras 3

  private func treePaths(
    of slot: Slot, under layers: String, _ file: borrowing HDF5File
  ) throws -> [String] {
    guard !slot.parameters.isEmpty else { return [] }
    let parts = slot.address.kinds.flatMap { [layers, $0] }
    // On Windows Keras once joined them by backslashes.
    for separator in ["/", "\\"] {
      let group = parts.joined(separator: separator) + "/vars"
      guard try file.kind(of: group) == .group else { continue }
      let count = try file.links(in: group).count
      guard count == slot.parameters.count else { throw miscount(slot, found: count, file.name) }
      return slot.parameters.indices.map { "\(group)/\($0)" }
    }
    throw missing(slot, file.name, at: parts.joined(separator: "/"))
  }

  private func miscount(_ slot: Slot, found: Int, _ file: String) -> EmojifyError {
    .badData(
      "\(file): layer '\(slot.layer)' has \(found) weights, the network expects "
        + "\(slot.parameters.count)"
        + (slot.parameters.isEmpty
          ? "" : ": " + slot.parameters.map(\.name).joined(separator: ", ")))
  }

  private func missing(_ slot: Slot, _ file: String, at place: String? = nil) -> EmojifyError {
    .badData(
      "\(file): there are no weights for layer '\(slot.layer)'"
        + (place.map { ", expected in '\($0)'" } ?? ""))
  }

  // MARK: The legacy layout

  /// A layer of the outermost model: one slot, or those of the model it is.
  private struct Group {
    let name: String
    var slots: [Int] = []
  }

  private func legacyPaths(
    for slots: [Slot], under root: String, byOrder: Bool, _ file: borrowing HDF5File
  ) throws -> [[String]] {
    var groups: [Group] = []
    for (index, slot) in slots.enumerated() {
      if groups.last?.name != slot.address.names[0] {
        groups.append(Group(name: slot.address.names[0]))
      }
      groups[groups.count - 1].slots.append(index)
    }
    let wanted = groups.filter { $0.slots.contains { !slots[$0].parameters.isEmpty } }
    var byName = true
    for group in wanted where byName {
      byName = try file.strings("weight_names", of: root + group.name) != nil
    }
    guard byName || !byOrder else {
      return try pathsByOrder(wanted, slots, root, file)
    }
    do {
      let paths = try match(groups, groups.map(\.name), slots, root, file)
      try check(paths, slots, file)
      return paths
    } catch EmojifyError.badData(let message) {
      // Automatic names may be the same by chance and mean other layers.
      if byOrder, let paths = try? pathsByOrder(wanted, slots, root, file) { return paths }
      throw EmojifyError.badData(message)
    }
  }

  /// The layers that have weights in the file, in its order, for those that want weights in the network's.
  private func pathsByOrder(
    _ wanted: [Group], _ slots: [Slot], _ root: String, _ file: borrowing HDF5File
  ) throws -> [[String]] {
    let place = root.isEmpty ? "." : String(root.dropLast())
    var found: [String] = []
    for name in try file.strings("layer_names", of: place) ?? []
    where try file.strings("weight_names", of: root + name)?.isEmpty == false {
      found.append(name)
    }
    guard found.count == wanted.count else {
      let absent = wanted.first { !found.contains($0.name) }
      if let slot = absent?.slots.first(where: { !slots[$0].parameters.isEmpty }),
        wanted.contains(where: { found.contains($0.name) })
      {
        throw missing(slots[slot], file.name)
      }
      throw EmojifyError.badData(
        "\(file.name): has weights for \(found.count) layers (\(Self.list(found))), "
          + "the network expects \(wanted.count) (\(Self.list(wanted.map(\.name))))")
    }
    let paths = try match(wanted, found, slots, root, file)
    try check(paths, slots, file)
    return paths
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " …" : "")
  }

  /// The datasets of all slots when each of `groups` takes its weights from the group of the file in its place.
  private func match(
    _ groups: [Group], _ names: [String], _ slots: [Slot], _ root: String,
    _ file: borrowing HDF5File
  ) throws -> [[String]] {
    var paths = Array(repeating: [String](), count: slots.count)
    for (group, name) in zip(groups, names) {
      let weights = try file.strings("weight_names", of: root + name) ?? []
      let members = group.slots.map { slots[$0] }
      let matched = try Self.match(members, weights.map(KerasWeightName.init)) { found in
        let whole = members.count == 1 ? members[0] : nil
        let parameters = members.flatMap(\.parameters)
        return miscount(
          whole ?? Slot(layer: name, address: KerasAddress(), parameters: parameters),
          found: found, file.name)
      }
      for (index, own) in zip(group.slots, matched) {
        paths[index] = own.map { "\(root)\(name)/\($0)" }
      }
    }
    return paths
  }

  /// By name where each parameter has exactly one of its name, else by order: what trains, then what does not.
  private static func match(
    _ slots: [Slot], _ names: [KerasWeightName], miscount: (Int) -> EmojifyError
  ) throws -> [[String]] {
    let count = slots.reduce(0) { $0 + $1.parameters.count }
    if count == 0, slots.allSatisfy(\.ignoresOthers) { return slots.map { _ in [] } }
    guard names.count == count else { throw miscount(names.count) }
    let isAlone = slots.count == 1 && slots[0].address.names.count == 1
    var places: [[String]: [String]] = [:]
    for name in names {
      places[isAlone ? [name.parameter] : [name.layer, name.parameter], default: []].append(
        name.whole)
    }
    let byName = slots.map { slot in
      slot.parameters.compactMap { parameter -> String? in
        let key =
          isAlone ? [parameter.name] : [slot.address.names.last ?? "", parameter.name]
        let candidates = places[key] ?? []
        return candidates.count == 1 ? candidates[0] : nil
      }
    }
    if zip(slots, byName).allSatisfy({ $0.parameters.count == $1.count }) { return byName }
    var byOrder = slots.map { Array(repeating: "", count: $0.parameters.count) }
    var next = 0
    for trains in [true, false] {
      for (index, slot) in slots.enumerated() {
        for (place, parameter) in slot.parameters.enumerated()
        where (parameter.isTrainable && slot.address.isTrainable) == trains {
          byOrder[index][place] = names[next].whole
          next += 1
        }
      }
    }
    return byOrder
  }
}

/// What the name of a weight tells: `conv2d_1/kernel:0`, `model/conv2d_1/kernel` or, in Keras 1, `convolution2d_1_W`.
struct KerasWeightName {
  let whole: String
  let layer: String
  /// As `Parameter` calls it.
  let parameter: String

  init(_ whole: String) {
    self.whole = whole
    let parts = whole.split(separator: "/")
    let last = String(parts.last?.prefix { $0 != ":" } ?? "")
    if parts.count > 1 {
      layer = String(parts[parts.count - 2])
      parameter = last
      return
    }
    for (ending, name) in Self.endingsOfKeras1 where last.hasSuffix(ending) {
      layer = String(last.dropLast(ending.count))
      parameter = name
      return
    }
    layer = ""
    parameter = last
  }

  // Its running_std holds the variance.
  private static let endingsOfKeras1 = [
    ("_depthwise_kernel", "depthwise_kernel"), ("_pointwise_kernel", "pointwise_kernel"),
    ("_running_mean", "moving_mean"), ("_running_std", "moving_variance"), ("_gamma", "gamma"),
    ("_beta", "beta"), ("_alphas", "alpha"), ("_W", "kernel"), ("_b", "bias"),
  ]
}
