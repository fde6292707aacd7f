import Foundation

/// Operations on tensors that stand in a Functional model like layers, as `x / 127.5` and `a + b` do: TFOpLambda in Keras 2,
/// classes of `keras.ops` in 3. Read as the layers that compute the same.
enum KerasOperations {
  /// What an operation is called in both, where it is one that layers can do.
  private enum Operation {
    case add, subtract, multiply, divide
    case activation(String)
  }

  private static let arithmetic: [String: Operation] = [
    "__operators__.add": .add, "math.add": .add, "Add": .add,
    "math.subtract": .subtract, "__operators__.sub": .subtract, "Subtract": .subtract,
    "math.multiply": .multiply, "__operators__.mul": .multiply, "Multiply": .multiply,
    "math.truediv": .divide, "math.divide": .divide, "__operators__.truediv": .divide,
    "TrueDivide": .divide, "Divide": .divide,
  ]
  private static let functions: Set<String> = [
    "relu", "relu6", "elu", "selu", "sigmoid", "tanh", "softplus", "softsign", "softmax", "silu",
    "swish", "gelu",
  ]

  /// Classes of `keras.ops` that no layer is called like, and those that layers are called like too.
  private static let classes: Set<String> = [
    "Add", "Subtract", "Multiply", "TrueDivide", "Divide", "Relu", "Relu6", "Silu", "Sigmoid",
    "Tanh", "Gelu", "Elu", "Selu",
  ]

  /// Whether a layer of `layers` is an operation. Keras 3's legacy files do not name modules.
  static func isOperation(_ layer: JSONValue) -> Bool {
    if layer["class_name"] == "TFOpLambda" { return true }
    if let module = layer["module"]?.stringValue { return module.hasPrefix("keras.src.ops") }
    return classes.contains(layer["class_name"]?.stringValue ?? "")
  }

  private static func operation(_ className: String, _ config: JSONValue) -> Operation? {
    let name = config["function"]?.stringValue ?? className
    if let known = arithmetic[name] { return known }
    let last = NetworkBuilder.snakeCase(String(name.split(separator: ".").last ?? ""))
      .replacingOccurrences(of: "re_lu", with: "relu")
    return functions.contains(last) ? .activation(last) : nil
  }

  /// The layer that does what an operation does; nil where there is none.
  static func layer(
    _ className: String, _ config: JSONValue, _ call: KerasCall
  ) -> (className: String, config: JSONValue)? {
    guard let operation = operation(className, config) else { return nil }
    var settings: [String: JSONValue] = [:]
    if let name = config["name"] { settings["name"] = name }
    func rescaling(_ scale: Double, _ offset: Double) -> (String, JSONValue) {
      settings["scale"] = .number(scale)
      settings["offset"] = .number(offset)
      return ("Rescaling", .object(settings))
    }
    switch (operation, call.constant, call.inputs.count) {
    case (.add, .some(let c), 1): return rescaling(1, c.value)
    case (.subtract, .some(let c), 1):
      return c.isFirst ? rescaling(-1, c.value) : rescaling(1, -c.value)
    case (.multiply, .some(let c), 1): return rescaling(c.value, 0)
    case (.divide, .some(let c), 1) where !c.isFirst && c.value != 0:
      return rescaling(1 / c.value, 0)
    case (.add, nil, 2): return ("Add", .object(settings))
    case (.subtract, nil, 2): return ("Subtract", .object(settings))
    case (.multiply, nil, 2): return ("Multiply", .object(settings))
    case (.activation(let name), nil, 1):
      // Activations are read with these settings only.
      let plain: [String: JSONValue] = ["approximate": false, "alpha": 1, "axis": -1]
      guard plain.allSatisfy({ config[$0.key] == nil || config[$0.key] == $0.value }) else {
        return nil
      }
      settings["activation"] = .string(name)
      return ("Activation", .object(settings))
    default: return nil
    }
  }
}
