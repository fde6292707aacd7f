/// How a layer of a Functional model is called.
struct KerasCall {
  /// Names of the layers whose outputs it takes, in order.
  var inputs: [String] = []
  /// A number among what an operation takes, and whether it stands before the tensor.
  var constant: (value: Double, isFirst: Bool)?
}

/// Reads how a layer of a Functional model is called: whose outputs it takes.
struct KerasCallReader {
  let file: String
  let layer: String
  /// Whether the layer is an operation on tensors, which may be called with a number.
  var isOperation = false
  /// Names of the layers that are models themselves.
  let models: Set<String>

  /// - Parameter call: an element of `inbound_nodes`.
  func call(_ call: JSONValue) throws -> KerasCall {
    var result = KerasCall()
    try collect(call, into: &result)
    return result
  }

  private func unsupported(_ what: String) -> EmojifyError {
    .badData("\(file): layer '\(layer)' is called with \(what), expected only tensors")
  }

  private func collect(_ value: JSONValue, into call: inout KerasCall) throws {
    switch value {
    case .array(let list):
      if list.first?.stringValue == "_CONSTANT_VALUE", list.count >= 3 {
        try add(list[2], into: &call)
        try arguments(list.dropFirst(3).first, into: &call)
      } else if list.first?.stringValue != nil {
        // Keras 2: [name, node, tensor, keyword arguments]
        call.inputs.append(try origin(list))
        try arguments(list.dropFirst(3).first, into: &call)
      } else {
        for element in list { try collect(element, into: &call) }
      }
    case .object(let object):
      if object["class_name"] == "__keras_tensor__" {
        call.inputs.append(try origin(object["config"]?["keras_history"]?.arrayValue ?? []))
      } else if let tensors = object["args"] {
        try collect(tensors, into: &call)
        // Keras 3 writes down the default of RandomZoom and its like, and whoever asks the model overrides it.
        try arguments(object["kwargs"], into: &call, except: "training")
      } else {
        throw unsupported(value.excerpt)
      }
    case .number: try add(value, into: &call)
    default: throw unsupported(value.excerpt)
    }
  }

  private func add(_ constant: JSONValue, into call: inout KerasCall) throws {
    guard isOperation, let number = constant.doubleValue, call.constant == nil else {
      throw unsupported(constant.excerpt)
    }
    call.constant = (number, call.inputs.isEmpty)
  }

  /// The name in `[name, node, tensor]`.
  private func origin(_ history: [JSONValue]) throws -> String {
    // A model that is a layer has its own inside as its node 0, so its one call is node 1.
    guard history.count >= 3, let name = history[0].stringValue,
      history[1] == 0 || history[1] == 1 && models.contains(name), history[2] == 0
    else { throw unsupported(JSONValue.array(history).excerpt) }
    return name
  }

  private func arguments(
    _ arguments: JSONValue?, into call: inout KerasCall, except passed: String? = nil
  ) throws {
    for (key, value) in arguments?.objectValue ?? [:]
    where !(key == passed || value.isNull || key == "training" && value == false) {
      // An operation's second operand: a number or a tensor.
      guard isOperation, key == "y" || key == "x2" else {
        throw unsupported("'\(key)' = \(value.excerpt)")
      }
      try collect(value, into: &call)
    }
  }
}
