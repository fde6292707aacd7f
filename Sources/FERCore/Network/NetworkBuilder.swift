/// Puts a network together node by node; shapes are checked as it grows.
///
/// ```swift
/// var builder = NetworkBuilder(name: "tiny", inputShape: [48, 48, 1])
/// var x = try builder.add(Conv2D(filters: 8, kernelSize: 3), to: builder.input)
/// x = try builder.add(Flatten(), to: x)
/// x = try builder.add(Dense(units: 7, activation: .softmax), to: x)
/// let network = try builder.build(output: x, seed: 1)
/// ```
public struct NetworkBuilder {
  /// A node of the network being built.
  public struct Handle: Sendable {
    let index: Int
  }

  private let name: String
  private var nodes: [Network.Node]
  private var names: Set<String> = []
  private var counts: [String: Int] = [:]

  /// - Parameter inputShape: per sample, `[height, width, channels]`.
  public init(name: String, inputShape: Shape, inputName: String = "input") {
    self.name = name
    nodes = [Network.Node(name: inputName, layer: nil, inputs: [], outputShape: inputShape)]
    names.insert(inputName)
  }

  public var input: Handle { Handle(index: 0) }

  public func shape(of handle: Handle) -> Shape { nodes[handle.index].outputShape }

  func hasNode(named name: String) -> Bool { names.contains(name) }

  /// Adds a layer. Without a name it gets Keras' automatic one: `conv2d`, `conv2d_1`, ….
  /// - Throws: `EmojifyError.badData` naming the layer, what it expected and what it was given.
  public mutating func add(
    _ layer: Layer, name: String? = nil, to inputs: Handle...
  ) throws -> Handle {
    try add(layer, name: name, to: inputs)
  }

  /// Adds a layer of any number of inputs.
  public mutating func add(_ layer: Layer, name: String? = nil, to inputs: [Handle]) throws
    -> Handle
  {
    precondition(
      !nodes.contains { $0.layer === layer }, "a layer has one place: its parameters are built once"
    )
    let name = name ?? automaticName(for: layer)
    guard names.insert(name).inserted else {
      throw EmojifyError.badData("two layers are called '\(name)'")
    }
    let shape: Shape
    do {
      shape = try layer.outputShape(for: inputs.map { nodes[$0.index].outputShape })
    } catch let error as ShapeError {
      throw EmojifyError.badData("layer '\(name)' (\(layer.className)): \(error)")
    }
    nodes.append(
      Network.Node(name: name, layer: layer, inputs: inputs.map(\.index), outputShape: shape))
    return Handle(index: nodes.count - 1)
  }

  /// The network that ends in `output`. Nodes that nothing leads from to the output are an error.
  /// - Parameters:
  ///   - seed: draws the initial parameters.
  ///   - frozen: names of layers that shall not learn.
  public func build(
    output: Handle, seed: UInt64, frozen: Set<String> = []
  ) throws -> Network {
    guard output.index == nodes.count - 1 else {
      throw EmojifyError.badData("layer '\(nodes[nodes.count - 1].name)' comes after the output")
    }
    guard nodes.count > 1 else { throw EmojifyError.badData("network '\(name)' has no layers") }
    let used = Set(nodes.flatMap(\.inputs))
    for (index, node) in nodes.enumerated() where index != output.index && !used.contains(index) {
      throw EmojifyError.badData("nothing takes the output of layer '\(node.name)'")
    }
    return Network(name: name, nodes: nodes, seed: seed, frozen: frozen)
  }

  /// A chain of layers, Keras' Sequential.
  public static func sequential(
    name: String, inputShape: Shape, seed: UInt64, _ layers: [(name: String?, layer: Layer)]
  ) throws -> Network {
    var builder = NetworkBuilder(name: name, inputShape: inputShape)
    var last = builder.input
    for (name, layer) in layers { last = try builder.add(layer, name: name, to: last) }
    return try builder.build(output: last, seed: seed)
  }

  /// A chain of layers with Keras' automatic names.
  public static func sequential(
    name: String, inputShape: Shape, seed: UInt64, _ layers: Layer...
  ) throws -> Network {
    try sequential(name: name, inputShape: inputShape, seed: seed, layers.map { (nil, $0) })
  }

  private mutating func automaticName(for layer: Layer) -> String {
    let prefix = Self.snakeCase(layer.className)
    while true {
      let number = counts[prefix, default: 0]
      counts[prefix] = number + 1
      let name = number == 0 ? prefix : "\(prefix)_\(number)"
      if !names.contains(name) { return name }
    }
  }

  /// Keras' rule: `MaxPooling2D` → `max_pooling2d`, `Conv2D` → `conv2d`.
  static func snakeCase(_ className: String) -> String {
    var result = ""
    var previousIsLower = false
    for (offset, character) in className.enumerated() {
      let nextIsLower = className.dropFirst(offset + 1).first?.isLowercase ?? false
      if character.isUppercase, offset > 0, previousIsLower || nextIsLower { result += "_" }
      result += character.lowercased()
      previousIsLower = character.isLowercase
    }
    return result
  }
}
