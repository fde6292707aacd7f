/// Finds a layer's weights in a Keras file, by following its `weight_names`.
struct KerasWeights {
  /// The group that holds a group for each layer: `model_weights`, or the root of a weights-only file.
  private let root: String

  init(_ file: borrowing HDF5File) throws {
    root = try file.kind(of: "model_weights") == .group ? "model_weights/" : ""
  }

  /// Throws unless the file has exactly the weights that `parameters` declare.
  func check(
    _ parameters: [Parameter], of layer: String, _ file: borrowing HDF5File
  ) throws {
    let paths = try paths(of: parameters, layer: layer, file)
    for (parameter, path) in zip(parameters, paths) {
      let shape = try file.shape(of: path)
      guard shape == parameter.shape else {
        throw EmojifyError.badData(
          "\(file.name): '\(layer)/\(parameter.name)' has shape \(shape), "
            + "the network expects \(parameter.shape)")
      }
    }
  }

  /// Reads the weights into `parameters`, which `check` accepted.
  func read(_ parameters: [Parameter], of layer: String, _ file: borrowing HDF5File) throws {
    let paths = try paths(of: parameters, layer: layer, file)
    for (parameter, path) in zip(parameters, paths) {
      let tensor = try file.readFloats(path)
      withExtendedLifetime(tensor) { parameter.value.copy(from: tensor.view) }
    }
  }

  /// The dataset of each parameter: the one of its name, or where the file has other names, the one in its place.
  private func paths(
    of parameters: [Parameter], layer: String, _ file: borrowing HDF5File
  ) throws -> [String] {
    let group = root + layer
    guard let names = try file.strings("weight_names", of: group) else {
      if parameters.isEmpty { return [] }
      throw EmojifyError.badData("\(file.name): there are no weights for layer '\(layer)'")
    }
    guard names.count == parameters.count else {
      throw EmojifyError.badData(
        "\(file.name): layer '\(layer)' has \(names.count) weights, "
          + "the network expects \(parameters.count)"
          + (parameters.isEmpty ? "" : ": " + parameters.map(\.name).joined(separator: ", ")))
    }
    // "conv2d_1/kernel:0" is the kernel.
    let places = Dictionary(
      names.map { name in
        (String(name.split(separator: "/").last?.prefix { $0 != ":" } ?? ""), "\(group)/\(name)")
      }, uniquingKeysWith: { first, _ in first })
    let byName = parameters.compactMap { places[$0.name] }
    return byName.count == parameters.count ? byName : names.map { "\(group)/\($0)" }
  }
}
