/// What a pass is for.
public enum Mode: Sendable {
  /// Dropout drops, batch statistics are used and move the running ones, and a backward pass follows.
  case training
  /// Only an answer is wanted.
  case inference
  /// The network answers as at inference, with its running statistics and nothing dropped, and a backward pass follows:
  /// what asks why it answers so.
  case frozen

  /// A backward pass follows, so layers keep what it reads.
  var goesBackward: Bool { self != .inference }
}

/// One operation of a network, with the parameters it learns.
///
/// A layer knows shapes and arithmetic, not its place in the graph: names, buffers and lifetimes are the network's.
/// Images are NHWC. Shapes given to `outputShape` and `build` are per sample, without the batch axis.
public protocol Layer: AnyObject {
  /// Keras' class name, which files carry: "Conv2D".
  var className: String { get }

  /// The parameters in the order Keras stores them; empty before `build`.
  var parameters: [Parameter] { get }

  /// The per-sample shape that comes out, without running anything.
  /// - Throws: `ShapeError` saying what was expected and what was found.
  func outputShape(for inputs: [Shape]) throws -> Shape

  /// Declares `parameters` for these per-sample input shapes. Called once, after `outputShape` accepted them.
  func build(for inputs: [Shape])

  /// How many numbers of 32 bits the layer keeps besides its parameters, for these per-sample input shapes: tables that
  /// `build` makes, and tensors within it that are neither input nor output. A file of a few bytes can ask for many.
  func ownCount(for inputs: [Shape]) -> Int

  /// What `build` made fits the height and width it was given and no others.
  var isBuiltForExtents: Bool { get }

  /// Whether what `build` made for per-sample inputs of shapes `built` serves those of shapes `inputs` too, which
  /// `outputShape` has accepted.
  func fits(_ inputs: [Shape], builtFor built: [Shape]) -> Bool

  /// Which buffers the backward pass reads and may overwrite.
  var traits: LayerTraits { get }

  /// The traits when the layer applies a ReLU that follows it (`call.fusion.relu`); nil if it cannot.
  var traitsFusingReLU: LayerTraits? { get }

  /// Whether the layer applies such a pooling that follows it (`call.fusion.pooling`), for batched input shapes.
  func fusesPooling(_ pooling: MaxPooling2D, for inputs: [Shape]) -> Bool

  /// Whether the layer takes over a batch normalisation that follows it at inference (`call.fusion.normalization`).
  var fusesNormalization: Bool { get }

  /// How much memory a call needs, for batched input shapes.
  func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory

  /// Brings parameters into the form `forward` reads, in `call.prepared`. The plan calls it before a forward pass
  /// whenever parameters may have changed.
  func prepare(_ call: ForwardCall)

  /// Writes `call.output` from `call.inputs`.
  func forward(_ call: ForwardCall)

  /// Overwrites the gradients of the parameters, and `call.inputGradients` where wanted, from `call.outputGradient`.
  func backward(_ call: BackwardCall)

  /// Multiply-adds for one sample, as the direct algorithm counts them.
  func multiplyAdds(for inputs: [Shape]) -> Int

  /// Which of several algorithms computes the layer for these shapes; nil where there is one only.
  func algorithm(for inputs: [Shape], mode: Mode) -> String?
}

extension Layer {
  public var parameters: [Parameter] { [] }
  public func build(for inputs: [Shape]) {}
  public func ownCount(for inputs: [Shape]) -> Int { 0 }
  public var isBuiltForExtents: Bool { false }
  /// What goes by channel alone does.
  public func fits(_ inputs: [Shape], builtFor built: [Shape]) -> Bool {
    guard !isBuiltForExtents else { return false }
    return parameters.isEmpty
      || zip(inputs, built).allSatisfy { $0.rank == $1.rank && $0.last == $1.last }
  }
  public var traits: LayerTraits { LayerTraits() }
  public var traitsFusingReLU: LayerTraits? { nil }
  public func fusesPooling(_ pooling: MaxPooling2D, for inputs: [Shape]) -> Bool { false }
  public var fusesNormalization: Bool { false }
  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    LayerMemory()
  }
  public func prepare(_ call: ForwardCall) {}
  public func multiplyAdds(for inputs: [Shape]) -> Int { 0 }
  public func algorithm(for inputs: [Shape], mode: Mode) -> String? { nil }
}

/// What a layer's passes read and may overwrite; the memory plan is made from these.
public struct LayerTraits: Sendable {
  /// The backward pass reads the layer's inputs.
  public var backwardReadsInputs = false
  /// The backward pass reads the layer's output.
  public var backwardReadsOutput = false
  /// `forward` gives the same result when `output` is the first input's memory.
  public var forwardInPlace = false
  /// `backward` gives the same result when the first input gradient is the output gradient's memory.
  public var backwardInPlace = false
  /// The operation is a change of shape: output and input are the same memory and `forward` does nothing.
  public var isReshape = false

  public init() {}

  /// Both passes may overwrite what they read: element by element.
  static let inPlace: LayerTraits = {
    var traits = LayerTraits()
    traits.forwardInPlace = true
    traits.backwardInPlace = true
    return traits
  }()

  /// Another shape of the same memory.
  static let reshape: LayerTraits = {
    var traits = LayerTraits()
    traits.isReshape = true
    return traits
  }()
}

/// What follows a layer and is the layer's to do, so that its output is written once. Applied in the order of the fields.
public struct Fusion {
  /// At inference: scale and shift of this normalisation go into the weights.
  public var normalization: BatchNormalization?
  public var relu = false
  /// The output, its gradient and what lies behind are those of this pooling.
  public var pooling: MaxPooling2D?

  public init() {}
}

/// Memory a layer asks of the plan, in floats.
public struct LayerMemory: Sendable {
  /// Kept from a step's forward to its backward pass.
  public var saved = 0
  /// Kept as long as the plan: what `prepare` writes.
  public var prepared = 0
  /// Scratch of a single call, shared by all layers.
  public var workspace = 0

  public init(saved: Int = 0, prepared: Int = 0, workspace: Int = 0) {
    self.saved = saved
    self.prepared = prepared
    self.workspace = workspace
  }
}

/// What a forward call works on. Shapes are batched.
public struct ForwardCall {
  public let inputs: [TensorView]
  public let output: MutableTensorView
  public let saved: UnsafeMutablePointer<Float>
  public let prepared: UnsafeMutablePointer<Float>
  public let workspace: UnsafeMutablePointer<Float>
  public let mode: Mode
  /// The caller wants what goes into the final softmax: the loss has a fused, stable one of its own.
  public let wantsLogits: Bool
  public let fusion: Fusion
  public let pool: WorkerPool
  /// Names this layer and step among all random draws of a run.
  public internal(set) var randomKey: UInt64
}

/// What a backward call works on. Shapes are batched.
public struct BackwardCall {
  /// Meaningful only if `traits.backwardReadsInputs`.
  public let inputs: [TensorView]
  /// Meaningful only if `traits.backwardReadsOutput`.
  public let output: TensorView
  /// May be overwritten: nobody reads it afterwards.
  public let outputGradient: MutableTensorView
  /// Where to write; nil where nobody wants it.
  public let inputGradients: [MutableTensorView?]
  public let saved: UnsafeMutablePointer<Float>
  public let prepared: UnsafeMutablePointer<Float>
  public let workspace: UnsafeMutablePointer<Float>
  /// That of the forward pass.
  public let mode: Mode
  public let wantsLogits: Bool
  public let fusion: Fusion
  public let pool: WorkerPool
  public internal(set) var randomKey: UInt64
}

/// A layer was given shapes it cannot take.
public struct ShapeError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }

  static func requireSingle(_ inputs: [Shape]) throws -> Shape {
    guard inputs.count == 1 else { throw ShapeError("takes one input, found \(inputs.count)") }
    return inputs[0]
  }

  static func requireSingle(_ inputs: [Shape], rank: Int) throws -> Shape {
    let input = try requireSingle(inputs)
    guard input.rank == rank else {
      throw ShapeError("expected an input of rank \(rank) per sample, found \(input)")
    }
    return input
  }
}
