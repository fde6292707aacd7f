/// Activation functions as Keras' configurations name them.
enum KerasActivations {
  /// The name in `"relu"`, or in an object that holds it: a function, or a layer in its place (Keras 3 writes several
  /// forms). What users register stands behind a `>`.
  static func name(_ value: JSONValue) -> String? {
    let name =
      value.stringValue ?? value["config"]?.stringValue ?? value["class_name"]?.stringValue
    return name.map { String($0.split(separator: ">").last ?? "") }
  }

  /// The function a layer's `activation` means.
  static func function(_ value: JSONValue, _ config: KerasConfig) throws -> ActivationFunction {
    if let settings = value["config"]?.objectValue, let name = name(value) {
      let layer = config.replacing(values: settings)
      switch name {
      case "LeakyReLU": return .leakyReLU(slope: try leakySlope(layer))
      case "ELU": return .elu(alpha: try layer.float("alpha", default: 1))
      case "ReLU":
        let slope = try layer.float("negative_slope", default: 0)
        let most = layer["max_value"] == nil ? nil : try layer.float("max_value")
        guard try layer.float("threshold", default: 0) == 0 else { break }
        switch (most, slope) {
        case (nil, 0): return .relu
        case (nil, _): return .leakyReLU(slope: slope)
        case (6, 0): return .relu6
        default: break
        }
      case "Softmax":
        let axis = layer["axis"] ?? -1
        guard axis == -1 || axis == [-1] else {
          throw config.error("'axis' of its activation Softmax is \(axis.excerpt), expected -1")
        }
        return .softmax
      default: break
      }
    }
    if let name = name(value),
      let function = ActivationFunction(name: name, kerasVersion: config.version)
    {
      return function
    }
    throw config.error(
      "activation \(value.excerpt) is not supported; supported are "
        + ActivationFunction.names.joined(separator: ", "))
  }

  /// Keras 3 calls it negative_slope; the default is 0.3 in both, unlike that of the function leaky_relu.
  static func leakySlope(_ config: KerasConfig) throws -> Float {
    try config.float(config["negative_slope"] == nil ? "alpha" : "negative_slope", default: 0.3)
  }
}
