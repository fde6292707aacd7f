import Foundation
import Testing

@testable import FERCore

/// The lists of optimizers' variables as the several Kerases write them, made by hand: their order was read off files of
/// tf_keras 2.21 and Keras 3.15, and off published models of Keras 2.0 and 2.2. `continue_in_keras.py` has live ones.
@Suite struct KerasOptimizerTests {
  private static let shapes: [Shape] = [[2, 2, 1, 2], [2], [2], [18, 3], [3]]
  private static let adam = "\"class_name\": \"Adam\", \"config\": {\"learning_rate\": 0.5}"

  /// Two layers with weights and a normalisation between them that has only a beta to learn.
  private static func network() throws -> Network {
    try NetworkBuilder.sequential(
      name: "small", inputShape: [4, 4, 1], seed: 3,
      [
        ("first", Conv2D(filters: 2, kernelSize: 2)), ("norm", BatchNormalization(scales: false)),
        ("flat", Flatten()), ("head", Dense(units: 3, activation: .softmax)),
      ])
  }

  /// A model compiled so, with this list, each array filled with its place in the list.
  private func stored(
    optimizer: String = adam, version: String? = nil, _ list: [(name: String, shape: Shape)]
  ) throws -> StoredOptimizer {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      try HDF5File.write(to: url) { file in
        try KerasFormat.write(Self.network(), metadata: ModelMetadata(), to: file)
        try file.setString(
          "{\"optimizer_config\": {\(optimizer)}, \"loss\": \"categorical_crossentropy\"}",
          "training_config")
        if let version { try file.setString(version, "keras_version") }
        for (place, (name, shape)) in list.enumerated() {
          let path = "optimizer_weights/\(name)"
          if place == 0 {
            let steps = Array(repeating: Int64(7), count: shape.count)
            try file.write(steps, shape: shape, to: path)
          } else {
            let values = Array(repeating: Float(place), count: shape.count)
            try file.write(Tensor(shape, values), to: path)
          }
        }
        try file.setStrings(list.map(\.name), "weight_names", of: "optimizer_weights")
      }
      let (_, metadata) = try KerasFormat.read(url)
      return try KerasFormat.storedOptimizer(in: url, metadata.training)
    }
  }

  private func variables(_ shapes: [Shape]) -> [(name: String, shape: Shape)] {
    shapes.enumerated().map { ("training/Adam/Variable_\($0):0", $1) }
  }

  /// First moment and second of each parameter, as places in the list.
  private func expect(
    _ stored: StoredOptimizer, _ places: [String: [[Float]]],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard case .state(let state) = stored else {
      Issue.record("\(stored)", sourceLocation: sourceLocation)
      return
    }
    #expect(state.steps == 7, sourceLocation: sourceLocation)
    let found = state.arrays.mapValues { $0.map { $0.map { $0.elements[0] } } }
    #expect(found == places, sourceLocation: sourceLocation)
    #expect(
      state.arrays["first"]?[0].allSatisfy { $0.shape == [2, 2, 1, 2] } ?? false,
      sourceLocation: sourceLocation)
  }

  private func expectUnusable(
    _ stored: StoredOptimizer, _ part: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard case .unusable(let why) = stored else {
      Issue.record("\(stored)", sourceLocation: sourceLocation)
      return
    }
    #expect(why.contains(part), "\(why)", sourceLocation: sourceLocation)
  }

  @Test func arrayByArrayAsUpToKeras2Dot10() throws {
    let list = [("Adam/iter:0", [] as Shape)] + variables(Self.shapes + Self.shapes)
    let places: [String: [[Float]]] = [
      "first": [[1, 6], [2, 7]], "norm": [[3, 8]], "head": [[4, 9], [5, 10]],
    ]
    expect(try stored(list), places)
    // Keras 2.2 keeps a place for AMSGrad's arrays.
    let places22 = list + Self.shapes.indices.map { ("vhat_\($0)", [1] as Shape) }
    expect(try stored(places22), places)
  }

  @Test func parameterByParameterSinceKeras2Dot11() throws {
    let arrays = variables(Self.shapes.flatMap { [$0, $0] })
    expect(
      try stored([("iteration:0", [])] + arrays),
      ["first": [[1, 2], [3, 4]], "norm": [[5, 6]], "head": [[7, 8], [9, 10]]])
    // Keras 3 has the learning rate in between.
    expect(
      try stored([("adam/iteration", []), ("adam/learning_rate", [])] + arrays),
      ["first": [[2, 3], [4, 5]], "norm": [[6, 7]], "head": [[8, 9], [10, 11]]])
  }

  @Test func descentHasOneArrayOrNone() throws {
    let sgd = { (momentum: String) in
      "\"class_name\": \"Custom>SGD\", \"config\": {\"learning_rate\": 0.5, \"momentum\": \(momentum)}"
    }
    let list = [("iteration:0", [] as Shape)] + variables(Self.shapes)
    expect(
      try stored(optimizer: sgd("0.9"), list),
      ["first": [[1], [2]], "norm": [[3]], "head": [[4], [5]]])
    // Without momentum Keras 2 writes velocities all the same.
    for list in [list, [list[0]]] {
      guard case .state(let state) = try stored(optimizer: sgd("0.0"), list) else {
        Issue.record("nothing was kept")
        continue
      }
      #expect(state.steps == 7)
      #expect(state.arrays.mapValues(\.count) == ["first": 2, "norm": 1, "head": 2])
      #expect(state.arrays.values.allSatisfy { $0.allSatisfy(\.isEmpty) })
    }
  }

  @Test func whatDoesNotFitIsLeftOut() throws {
    let twice = Self.shapes + Self.shapes
    let iteration = ("Adam/iter:0", [] as Shape)
    if case .none = try stored([iteration]) {} else { Issue.record("there is nothing") }
    expectUnusable(
      try stored([iteration] + variables(Array(twice.dropLast()))), "9 arrays for 5 parameters")
    expectUnusable(
      try stored([iteration] + variables(Self.shapes.reversed() + Self.shapes)),
      "has shape [3], 'first/kernel' [2, 2, 1, 2]")
    expectUnusable(
      try stored(version: "2.0.5", [iteration] + variables(twice)), "Keras 2.0.5 sorted its arrays")
    expectUnusable(try stored(variables([[2]] + twice)), "begin with the number of steps")
    expectUnusable(
      try stored(
        optimizer: "\"class_name\": \"RMSprop\", \"config\": {\"learning_rate\": 0.5}",
        [iteration] + variables(Self.shapes)), "RMSprop")
    expectUnusable(
      try stored(
        optimizer:
          "\"class_name\": \"Adam\", \"config\": {\"learning_rate\": 0.5, \"amsgrad\": true}",
        [iteration] + variables(twice)), "Adam, as it was set")
    expectUnusable(
      try stored(optimizer: "\"class_name\": \"Lion\", \"config\": {}", [iteration]),
      "does not say of which optimizer")
  }
}
