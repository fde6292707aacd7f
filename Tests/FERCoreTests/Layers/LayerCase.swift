import Testing

@testable import FERCore

/// A row of the table that every layer is held to: a small network around it.
struct LayerCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let inputShape: Shape
  var outputTolerance = 1e-5
  private let grow:
    @Sendable (inout NetworkBuilder, NetworkBuilder.Handle) throws -> NetworkBuilder.Handle

  /// `grow` adds to what comes out of an `ElementOffset` on the input.
  init(
    _ name: String, _ inputShape: Shape,
    _ grow:
      @escaping @Sendable (inout NetworkBuilder, NetworkBuilder.Handle) throws ->
      NetworkBuilder.Handle
  ) {
    testDescription = name
    self.inputShape = inputShape
    self.grow = grow
  }

  /// A chain of layers.
  init(_ name: String, _ inputShape: Shape, _ layers: @escaping @Sendable () -> [Layer]) {
    self.init(name, inputShape) { builder, input in
      try layers().reduce(input) { try builder.add($1, to: $0) }
    }
  }

  func network() throws -> Network {
    var builder = NetworkBuilder(name: "case", inputShape: inputShape)
    let input = try builder.add(ElementOffset(), to: builder.input)
    let output = try grow(&builder, input)
    return try builder.build(output: output, seed: 3)
  }
}
