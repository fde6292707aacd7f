import Foundation

/// What a model file has of an optimizer's state.
public enum StoredOptimizer: Sendable {
  /// Nothing, or that of one that never made a step.
  case none
  case state(OptimizerState)
  /// Something that cannot be used, and why.
  case unusable(String)
}

/// The state of an optimizer in files of Keras: a list of variables without a word on what is whose. First comes how many
/// steps were made. Keras 3 goes on with the learning rate, and like Keras 2.11 and later with all arrays of the first
/// parameter, all of the second …; before, and in the `legacy` optimizers since, the first array of every parameter comes
/// before the second of any.
extension KerasFormat {
  /// What the optimizer of a whole model remembers.
  /// - Parameter training: how the file says it was compiled.
  /// - Throws: `EmojifyError` where the file cannot be read; what does not fit is only unusable.
  public static func storedOptimizer(
    in url: URL, _ training: KerasTraining?
  ) throws -> StoredOptimizer {
    guard KerasArchive.isArchive(url) else {
      let file = try HDF5File(reading: url)
      guard let names = try file.strings("weight_names", of: "optimizer_weights"),
        let first = names.first, let config = try file.string("model_config")
      else { return .none }
      let version = try file.string("keras_version") ?? ""
      guard !["2.0.", "2.1."].contains(where: version.hasPrefix) else {
        return .unusable("Keras \(version) sorted its arrays by names that are not in the file")
      }
      let variables = KerasVariables(
        paths: names.map { "optimizer_weights/\($0)" },
        isByParameter: first.split(separator: "/").last?.prefix { $0 != ":" } == "iteration")
      return try variables.stored(training, config: config, origin: KerasOrigin(file), file)
    }
    return try KerasArchive.read(url) { config, version, file in
      let group = "optimizer/vars"
      guard try file.kind(of: group) == .group else { return .none }
      let count = try file.links(in: group).count
      guard count > 0 else { return .none }
      let variables = KerasVariables(
        paths: (0..<count).map { "\(group)/\($0)" }, isByParameter: true)
      let origin = KerasOrigin(version: version.flatMap(KerasOrigin.major) ?? 3)
      return try variables.stored(training, config: config, origin: origin, file)
    }
  }
}

/// The variables of an optimizer, in the file's order.
private struct KerasVariables {
  var paths: [String]
  /// Whether the arrays of one parameter lie together.
  let isByParameter: Bool

  /// A damaged list is no fault of the network.
  func stored(
    _ training: KerasTraining?, config: String, origin: KerasOrigin, _ file: borrowing HDF5File
  ) throws -> StoredOptimizer {
    do {
      return try state(training, config: config, origin: origin, file)
    } catch EmojifyError.badData(let message) {
      return .unusable(message)
    }
  }

  private func state(
    _ training: KerasTraining?, config: String, origin: KerasOrigin, _ file: borrowing HDF5File
  ) throws -> StoredOptimizer {
    guard let training else {
      return .unusable("the file does not say of which optimizer, in words that every Keras knows")
    }
    guard let slots = training.slots else {
      return .unusable("that of \(training.optimizer), as it was set, is not known here")
    }
    guard origin.version > 1, try file.shape(of: paths[0]).rank == 0 else {
      return .unusable("it does not begin with the number of steps")
    }
    let steps = Int(try file.readIntegers(paths[0])[0])
    var rest = paths.dropFirst()
    // The learning rate: no parameter is a single number without an axis.
    if let next = rest.first, try file.shape(of: next).rank == 0 { rest.removeFirst() }
    // One that made no step may have nothing yet.
    if rest.isEmpty, !slots.isEmpty { return .none }

    let graph = try KerasGraphReader.graph(parsing: config, file: file.name)
    let learned = try KerasNetworkBuilder.slots(of: graph, origin: origin, file: file.name)
      .filter(\.address.isTrainable)
      .flatMap { slot in slot.parameters.filter(\.isTrainable).map { (slot, $0) } }
    var arrays: [String: [[Tensor]]] = [:]
    // SGD without momentum: Keras 2 keeps velocities all the same, which nobody reads.
    if slots.isEmpty {
      for (slot, _) in learned { arrays[slot.layer, default: []].append([]) }
      return .state(OptimizerState(steps: steps, arrays: arrays))
    }
    // Up to 2.2 Keras kept a place for AMSGrad's array, whether it was wanted or not.
    if !isByParameter, slots.count == 2, rest.count == 3 * learned.count {
      rest = rest.dropLast(learned.count)
    }
    guard rest.count == slots.count * learned.count else {
      return .unusable("it has \(rest.count) arrays for \(learned.count) parameters that learn")
    }
    let ordered = Array(rest)
    for (place, (slot, parameter)) in learned.enumerated() {
      var own: [Tensor] = []
      for index in slots.indices {
        let path = ordered[
          isByParameter ? place * slots.count + index : index * learned.count + place]
        guard try file.shape(of: path) == slot.order.storedShape(of: parameter) else {
          return .unusable(
            "'\(path)' has shape \(try file.shape(of: path)), '\(slot.layer)/\(parameter.name)' "
              + "\(slot.order.storedShape(of: parameter))")
        }
        own.append(slot.order.arranged(try file.readFloats(path), for: parameter))
      }
      arrays[slot.layer, default: []].append(own)
    }
    return .state(OptimizerState(steps: steps, arrays: arrays))
  }
}
