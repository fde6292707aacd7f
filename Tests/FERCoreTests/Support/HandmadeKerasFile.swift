import Foundation

@testable import FERCore

/// Files in Keras' legacy layout with any configuration and any arrays, as no Keras here writes them.
enum HandmadeKerasFile {
  /// By layer its arrays, with the names a Keras gives them.
  typealias Weights = [(layer: String, arrays: [(name: String, values: Tensor)])]

  typealias Layer = (className: String, name: String, config: String, inputs: [String])

  /// - Parameter config: the `model_config`; without it the file holds weights alone.
  static func write(
    config: String?, version: String?, backend: String? = nil, _ weights: Weights, to url: URL
  ) throws {
    try HDF5File.write(to: url) { file in
      if let config { try file.setString(config, "model_config") }
      if let version { try file.setString(version, "keras_version") }
      if let backend { try file.setString(backend, "backend") }
      let root = config == nil ? "." : "model_weights"
      if config != nil { try file.makeGroup(root) }
      try file.setStrings(weights.map(\.layer), "layer_names", of: root)
      for (layer, arrays) in weights {
        let group = config == nil ? layer : "\(root)/\(layer)"
        try file.makeGroup(group)
        try file.setStrings(arrays.map(\.name), "weight_names", of: group)
        for (name, values) in arrays { try file.write(values, to: "\(group)/\(name)") }
      }
    }
  }

  /// A `model_config` of layers that each take the one before; the first says the input's shape.
  static func chain(_ layers: (className: String, config: String)...) -> String {
    let list = layers.map { #"{"class_name": "\#($0.className)", "config": {\#($0.config)}}"# }
    return #"{"class_name": "Sequential", "config": [\#(list.joined(separator: ", "))]}"#
  }

  /// A `model_config` of layers by name that take those named; the last one answers.
  static func graph(input: String, _ layers: [Layer]) -> String {
    let start = #"""
      {"class_name": "InputLayer", "name": "in", "config": {"name": "in", "batch_input_shape": \#(input)},
      "inbound_nodes": []}
      """#
    let list = layers.map { layer in
      let calls = layer.inputs.map { #"["\#($0)", 0, 0, {}]"# }.joined(separator: ", ")
      let config =
        #"{"name": "\#(layer.name)"\#(layer.config.isEmpty ? "" : ", ")\#(layer.config)}"#
      return #"""
        {"class_name": "\#(layer.className)", "name": "\#(layer.name)", "config": \#(config),
        "inbound_nodes": [[\#(calls)]]}
        """#
    }
    return #"""
      {"class_name": "Functional", "config": {"name": "graph",
      "layers": [\#(([start] + list).joined(separator: ", "))], "input_layers": [["in", 0, 0]],
      "output_layers": [["\#(layers.last?.name ?? "in")", 0, 0]]}}
      """#
  }
}
