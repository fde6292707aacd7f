/// Activation functions as Keras' configurations name them.
enum KerasActivations {
  /// The name in `"relu"`, or in an object that holds it (Keras 3 writes several forms).
  static func name(_ value: JSONValue) -> String? {
    value.stringValue ?? value["config"]?.stringValue ?? value["class_name"]?.stringValue
  }

  /// The function a layer's `activation` means.
  static func function(_ value: JSONValue, _ config: KerasConfig) throws -> ActivationFunction {
    guard let name = name(value), let function = ActivationFunction(name: name) else {
      throw config.error("activation \(value.excerpt) is not supported")
    }
    return function
  }
}
