/// A directed graph of layers with one input and one output, its shapes inferred and its parameters in one block.
///
/// Nodes are in topological order: node 0 is the input, the last one the output. Running a network needs an
/// `ExecutionPlan`, which owns the memory of one batch size.
public final class Network {
  public struct Node {
    /// Unique in the network; what files and messages call the layer.
    public let name: String
    /// Nil for the input node.
    public let layer: Layer?
    /// Indices of the nodes whose outputs this one takes.
    public let inputs: [Int]
    /// Per sample, without the batch axis.
    public let outputShape: Shape

    /// Whether it has a parameter that an optimizer changes.
    public var learns: Bool { layer?.parameters.contains(where: \.isTrainable) ?? false }
  }

  public let name: String
  public let nodes: [Node]
  /// Trainable parameters first, in node order, then the others.
  public let parameters: [Parameter]
  /// Values of all trainable parameters, then of all others: one block.
  public let values: FloatBuffer
  /// Gradients of all trainable parameters, laid out like the start of `values`.
  public let gradients: FloatBuffer
  /// How many floats of `values`, padding included, are trainable.
  public let trainableCount: Int
  /// Names of the layers that do not learn, though they have something that could.
  public let frozen: Set<String>
  /// What its file does not say and its reader took from its shapes, for a note; nil for nearly all.
  public internal(set) var guess: String?
  /// Counts the changes of parameter values, so that plans know when to prepare again. Whoever writes `values` calls
  /// `parametersChanged()`.
  public var parameterVersion: Int { version.number }
  private let version: Version

  /// Per sample, `[height, width, channels]`.
  public var inputShape: Shape { nodes[0].outputShape }
  public var outputShape: Shape { nodes[nodes.count - 1].outputShape }
  /// How many classes the network tells apart.
  public var classCount: Int { outputShape.last }

  /// The last layer with weights, which in a classifier gives the classes.
  public var head: Node? { nodes.last { !($0.layer?.parameters.isEmpty ?? true) } }

  /// The parameter count, split as Keras' summary does.
  public var parameterCount: (trainable: Int, other: Int) {
    let count = { (list: [Parameter]) in list.reduce(0) { $0 + $1.shape.count } }
    return (
      count(parameters.filter(\.isTrainable)), count(parameters.filter { !$0.isTrainable })
    )
  }

  /// Multiply-adds for one sample, as direct algorithms count them.
  public var multiplyAdds: Int {
    nodes.reduce(0) { $0 + ($1.layer?.multiplyAdds(for: inputShapes(of: $1)) ?? 0) }
  }

  /// Where the backward passes of frozen layers write gradients that nobody reads.
  private let discarded: FloatBuffer

  init(name: String, nodes: [Node], seed: UInt64, frozen: Set<String> = []) {
    precondition(nodes.count >= 2, "a network has at least one layer")
    self.name = name
    self.nodes = nodes
    version = Version()
    for node in nodes {
      node.layer?.build(for: node.inputs.map { nodes[$0].outputShape })
    }
    self.frozen = frozen
    let stopped = nodes.filter { frozen.contains($0.name) }
      .flatMap { $0.layer?.parameters ?? [] }.filter(\.isTrainable)
    discarded = FloatBuffer(count: stopped.map { Self.padded($0.shape.count) }.max() ?? 0)
    for parameter in stopped {
      parameter.isTrainable = false
      parameter.gradient = MutableTensorView(base: discarded.base, shape: parameter.shape)
    }
    let declared = nodes.flatMap { $0.layer?.parameters ?? [] }
    parameters = declared.filter(\.isTrainable) + declared.filter { !$0.isTrainable }
    trainableCount = declared.filter(\.isTrainable).reduce(0) { $0 + Self.padded($1.shape.count) }
    let total = parameters.reduce(0) { $0 + Self.padded($1.shape.count) }
    values = FloatBuffer(count: total)
    gradients = FloatBuffer(count: trainableCount)
    var offset = 0
    for (index, parameter) in parameters.enumerated() {
      parameter.value = MutableTensorView(base: values.base + offset, shape: parameter.shape)
      if parameter.isTrainable {
        parameter.gradient = MutableTensorView(
          base: gradients.base + offset, shape: parameter.shape)
      }
      var random = SeededRandom(seed: seed, 0x1417, UInt64(index))
      parameter.initializer.fill(parameter.value, random: &random)
      offset += Self.padded(parameter.shape.count)
    }
  }

  /// Says that `values` were written.
  public func parametersChanged() { version.number += 1 }

  public func inputShapes(of node: Node) -> [Shape] { node.inputs.map { nodes[$0].outputShape } }

  /// Computes all convolutions so, nil for each as is fastest for its shape. Plans made before must not be used after it.
  public func compute(with algorithm: ConvolutionAlgorithm?) {
    for node in nodes { (node.layer as? any ConvolvingLayer)?.convolution.algorithm = algorithm }
    parametersChanged()
  }

  /// Computes convolutions without the algorithm that rounds most in answers, F(4 x 4), until `compute(with:)` says otherwise: about
  /// a tenth of its error at about half of its speed.
  public func computeClosely() {
    for node in nodes {
      guard let layer = node.layer as? any ConvolvingLayer,
        layer.algorithm(for: inputShapes(of: node), mode: .inference)
          == ConvolutionAlgorithm.winograd4x4.rawValue
      else { continue }
      layer.convolution.algorithm = .winograd2x2
    }
    parametersChanged()
  }

  /// The node of that name.
  public func node(named name: String) -> Node? { nodes.first { $0.name == name } }

  /// The same layers and the same parameters, not a copy of them, for images of another size.
  ///
  /// - Parameter inputShape: per sample, `[height, width, channels]`.
  /// - Throws: `EmojifyError.badData` naming the layer whose parameters depend on the images' size.
  public func resized(to inputShape: Shape) throws -> Network {
    var shapes = [inputShape]
    for node in nodes.dropFirst() {
      guard let layer = node.layer else { continue }
      let inputs = node.inputs.map { shapes[$0] }
      let built = inputShapes(of: node)
      do {
        shapes.append(try layer.outputShape(for: inputs))
      } catch let error as ShapeError {
        throw EmojifyError.badData("layer '\(node.name)' (\(layer.className)): \(error)")
      }
      guard inputs == built || layer.fits(inputs, builtFor: built) else {
        throw EmojifyError.badData(
          "layer '\(node.name)' (\(layer.className)) is made for inputs of \(built[0]), "
            + "which images of \(inputShape) do not lead to")
      }
    }
    return Network(self, shapes: shapes)
  }

  private init(_ other: Network, shapes: [Shape]) {
    name = other.name
    nodes = zip(other.nodes, shapes).map {
      Node(name: $0.name, layer: $0.layer, inputs: $0.inputs, outputShape: $1)
    }
    parameters = other.parameters
    values = other.values
    gradients = other.gradients
    trainableCount = other.trainableCount
    version = other.version
    frozen = other.frozen
    discarded = other.discarded
  }

  /// A number that all sizes of a network share.
  private final class Version {
    var number = 0
  }

  // Each parameter starts on a cache line; the padding stays zero under every optimizer.
  static func padded(_ count: Int) -> Int { (count + 15) & ~15 }
}
