/// Reads how a layer of a Functional model is called: whose outputs it takes.
struct KerasCallReader {
  let file: String
  let layer: String
  /// Names of the layers that are models themselves.
  let models: Set<String>

  /// Names of the layers a call's tensors come from, in order.
  /// - Parameter call: an element of `inbound_nodes`.
  func inputs(of call: JSONValue) throws -> [String] {
    var inputs: [String] = []
    try collect(call, into: &inputs)
    return inputs
  }

  private func unsupported(_ what: String) -> EmojifyError {
    .badData("\(file): layer '\(layer)' is called with \(what), expected only tensors")
  }

  private func collect(_ value: JSONValue, into inputs: inout [String]) throws {
    switch value {
    case .array(let list):
      if list.first?.stringValue != nil {  // Keras 2: [name, node, tensor, keyword arguments]
        inputs.append(try origin(list))
        try requireNoArguments(list.dropFirst(3).first)
      } else {
        for element in list { try collect(element, into: &inputs) }
      }
    case .object(let object):
      if object["class_name"] == "__keras_tensor__" {
        inputs.append(try origin(object["config"]?["keras_history"]?.arrayValue ?? []))
      } else if let arguments = object["args"] {
        try collect(arguments, into: &inputs)
        // Keras 3 writes down the default of RandomZoom and its like, and whoever asks the model overrides it.
        try requireNoArguments(object["kwargs"], except: "training")
      } else {
        throw unsupported(value.excerpt)
      }
    default: throw unsupported(value.excerpt)
    }
  }

  /// The name in `[name, node, tensor]`.
  private func origin(_ history: [JSONValue]) throws -> String {
    // A model that is a layer has its own inside as its node 0, so its one call is node 1.
    guard history.count >= 3, let name = history[0].stringValue,
      history[1] == 0 || history[1] == 1 && models.contains(name), history[2] == 0
    else { throw unsupported(JSONValue.array(history).excerpt) }
    return name
  }

  private func requireNoArguments(_ arguments: JSONValue?, except passed: String? = nil) throws {
    for (key, value) in arguments?.objectValue ?? [:]
    where !(key == passed || value.isNull || key == "training" && value == false) {
      throw unsupported("'\(key)' = \(value.excerpt)")
    }
  }
}
