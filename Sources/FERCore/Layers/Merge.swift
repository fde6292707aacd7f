/// Inputs combined element by element; extents of 1 are repeated to fit the others, as NumPy broadcasts.
///
/// Inputs of one shape are added faster by `Add`.
public final class Merge: Layer {
  public enum Operation: String, CaseIterable, Sendable {
    case add = "Add"
    /// The first minus the second.
    case subtract = "Subtract"
    case multiply = "Multiply"
    case average = "Average"
    case maximum = "Maximum"
    case minimum = "Minimum"

    /// The class names of the layers that do one.
    static let classNames = Set(allCases.map(\.rawValue))
  }

  public var className: String { operation.rawValue }
  public let operation: Operation
  /// By input: where each output element takes its value; nil where the shapes are the same.
  private var sources: [[Int32]?] = []

  public init(_ operation: Operation) { self.operation = operation }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs.count >= 2, operation != .subtract || inputs.count == 2 else {
      throw ShapeError(
        "takes \(operation == .subtract ? "two" : "at least two") inputs, found \(inputs.count)")
    }
    return try Self.common(inputs)
  }

  /// The shape that all inputs can be repeated to.
  static func common(_ inputs: [Shape]) throws -> Shape {
    let rank = inputs.map(\.rank).max() ?? 0
    guard inputs.allSatisfy({ $0.rank == rank }) else {
      throw ShapeError(
        "inputs differ in rank: \(inputs.map(\.description).joined(separator: ", "))")
    }
    let dimensions = try (0..<rank).map { axis in
      let extents = Set(inputs.map { $0[axis] }).subtracting([1])
      guard extents.count <= 1 else {
        throw ShapeError(
          "inputs do not fit together: \(inputs.map(\.description).joined(separator: ", "))")
      }
      return extents.first ?? 1
    }
    guard let shape = Shape(counting: dimensions) else {
      throw ShapeError("inputs repeated to \(dimensions) are too large")
    }
    return shape
  }

  /// Of each input that is repeated, where its elements go.
  public func ownCount(for inputs: [Shape]) -> Int {
    guard let output = try? Self.common(inputs) else { return 0 }
    return output.count * inputs.count { $0 != output }
  }

  /// Places were found for the shapes of `build`; inputs that have one shape, whatever it is, need none.
  public func fits(_ inputs: [Shape], builtFor built: [Shape]) -> Bool {
    sources.allSatisfy { $0 == nil } && inputs.allSatisfy { $0 == inputs[0] }
  }

  public func build(for inputs: [Shape]) {
    guard let output = try? Self.common(inputs) else { preconditionFailure("\(inputs)") }
    sources = inputs.map { $0 == output ? nil : Self.repeated($0, to: output) }
  }

  private static func repeated(_ input: Shape, to output: Shape) -> [Int32] {
    var step = 1
    var steps: [Int] = []
    for axis in (0..<input.rank).reversed() {
      steps.insert(input[axis] == 1 ? 0 : step, at: 0)
      step *= input[axis]
    }
    var places: [Int32] = [0]
    for axis in 0..<output.rank {
      places = places.flatMap { start in
        (0..<output[axis]).map { start + Int32($0 * steps[axis]) }
      }
    }
    return places
  }

  public var traits: LayerTraits {
    var traits = LayerTraits()
    traits.backwardReadsInputs = [.multiply, .maximum, .minimum].contains(operation)
    return traits
  }

  public func forward(_ call: ForwardCall) {
    let count = call.output.shape.perSampleCount
    for (input, places) in zip(call.inputs, sources) {
      precondition(
        (places?.count ?? input.shape.perSampleCount) == count,
        "\(input.shape) into \(call.output.shape)")
    }
    call.pool.run(blocks: call.output.shape[0]) { _, sample in
      let y = call.output.base + sample * count
      for (index, input) in call.inputs.enumerated() {
        let x = input.base + sample * input.shape.perSampleCount
        let isFirst = index == 0
        self.each(index, count) { i, place in
          y[i] = isFirst ? x[place] : self.combined(y[i], x[place])
        }
      }
      guard self.operation == .average else { return }
      let scale = 1 / Float(call.inputs.count)
      for i in 0..<count { y[i] *= scale }
    }
  }

  @inline(__always)
  private func combined(_ a: Float, _ b: Float) -> Float {
    switch operation {
    case .add, .average: a + b
    case .subtract: a - b
    case .multiply: a * b
    // Not-a-number wins.
    case .maximum: b > a || b.isNaN ? b : a
    case .minimum: b < a || b.isNaN ? b : a
    }
  }

  /// Calls `body` with each output element and the place of what it takes from an input.
  @inline(__always)
  private func each(_ input: Int, _ count: Int, _ body: (Int, Int) -> Void) {
    if let places = sources[input] {
      for i in 0..<count { body(i, Int(places[i])) }
    } else {
      for i in 0..<count { body(i, i) }
    }
  }

  public func backward(_ call: BackwardCall) {
    let count = call.outputGradient.shape.perSampleCount
    call.pool.run(blocks: call.outputGradient.shape[0]) { _, sample in
      let dy = call.outputGradient.base + sample * count
      for case (let index, let dx?) in call.inputGradients.enumerated() {
        let size = dx.shape.perSampleCount
        let target = dx.base + sample * size
        target.update(repeating: 0, count: size)
        self.each(index, count) { i, place in
          target[place] += dy[i] * self.derivative(call, index, sample, i)
        }
      }
    }
  }

  /// Of output element `i` by what it takes from an input.
  private func derivative(_ call: BackwardCall, _ index: Int, _ sample: Int, _ i: Int) -> Float {
    func value(_ input: Int) -> Float {
      let view = call.inputs[input]
      let place = sources[input].map { Int($0[i]) } ?? i
      return view.base[sample * view.shape.perSampleCount + place]
    }
    switch operation {
    case .add: return 1
    case .subtract: return index == 0 ? 1 : -1
    case .average: return 1 / Float(call.inputs.count)
    case .multiply:
      return call.inputs.indices.reduce(1) { $1 == index ? $0 : $0 * value($1) }
    case .maximum, .minimum:
      // The first of equals takes it all.
      var winner = 0
      for input in call.inputs.indices
      where operation == .maximum ? value(input) > value(winner) : value(input) < value(winner) {
        winner = input
      }
      return winner == index ? 1 : 0
    }
  }
}
