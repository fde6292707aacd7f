import Foundation
import Testing

@testable import FERCore

/// How a network takes pixels: told, hinted at, kept, and built in.
@Suite struct ModelFactsTests {
  static func network(channels: Int, _ first: [any Layer] = []) throws -> Network {
    let layers: [any Layer] =
      first + [
        Conv2D(filters: 4, kernelSize: 3, activation: .relu), GlobalAveragePooling2D(),
        Dense(units: 7, activation: .softmax),
      ]
    return try NetworkBuilder.sequential(
      name: "foreign", inputShape: [6, 5, channels], seed: 3, layers.map { (nil, $0) })
  }

  /// The built-in layers against numbers scaled in Double by hand.
  @Test(arguments: ["0..1", "-1..1", "0..255", "-0.5..0.5", "standard"], [1, 3])
  func rawPixelsAreScaledInside(range: String, channels: Int) throws {
    let network = try Self.network(channels: channels)
    let inputRange = try #require(InputRange(range))
    #expect(inputRange.text == range)
    var random = SeededRandom(seed: 4)
    let raw = (0..<2 * 30).map { _ in Float(random.integer(below: 256)) }
    var scaled: [Float] = []
    for image in 0..<2 {
      let pixels = raw[image * 30..<(image + 1) * 30].map(Double.init)
      let mean = pixels.reduce(0, +) / 30
      let deviation = (pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 30).squareRoot()
      for pixel in pixels {
        let value: Double
        switch inputRange {
        case .standard: value = (pixel - mean) / deviation
        case .span(let low, let high): value = Double(low) + pixel / 255 * Double(high - low)
        }
        scaled += [Float](repeating: Float(value), count: channels)
      }
    }
    let expected = network.answer(to: Tensor([2, 6, 5, channels], scaled))
    let adapted = try network.takingRawPixels(in: inputRange)
    #expect(adapted.inputShape == [6, 5, 1])
    let found = adapted.answer(to: Tensor([2, 6, 5, 1], raw))
    #expect(found.largestDifference(from: expected) < 1e-5)
    // What is saved says it by itself, and is read so.
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("adapted.h5")
      try KerasFormat.write(adapted, metadata: ModelMetadata(), to: file)
      let again = try KerasFormat.read(file).network.answer(to: Tensor([2, 6, 5, 1], raw))
      #expect(again.largestDifference(from: found) == 0)
    }
  }

  @Test func colourKeepsItsChannels() throws {
    let network = try Self.network(channels: 3)
    #expect(try network.takingRawPixels(in: .unit, color: .bgr).inputShape == [6, 5, 3])
    #expect(try network.takingRawPixels(in: .raw, color: .rgb) === network)
    #expect(throws: EmojifyError.self) {
      try Self.network(channels: 1).takingRawPixels(in: .unit, color: .rgb)
    }
    #expect(throws: EmojifyError.self) {
      try Self.network(channels: 2).takingRawPixels(in: .unit)
    }
  }

  @Test func layersThatScaleAreAHint() throws {
    func hint(_ layers: any Layer...) throws -> InputRange? {
      ModelFacts.hint(of: try Self.network(channels: 1, layers))
    }
    #expect(try hint() == nil)
    for (scale, offset, range) in [
      (1 / 255, 0, .raw), (1 / 127.5, -1, .raw), (1, -127.5, .raw), (1 / 255, -0.5, .raw),
      (2, -1, .unit), (2, 0, nil), (1, 0, nil),
    ] as [(Float, Float, InputRange?)] {
      #expect(try hint(Rescaling(scale: scale, offset: offset)) == range, "\(scale), \(offset)")
    }
    for (mean, range) in [(129, .raw), (0.5, .unit), (0, nil)] as [(Float, InputRange?)] {
      #expect(
        try hint(Dropout(rate: 0.1), Normalization(constants: ([mean], [2]))) == range, "\(mean)")
      let measured = Normalization()
      let network = try Self.network(channels: 1, [measured])
      measured.parameters[0].value.fill(mean)
      #expect(ModelFacts.hint(of: network) == range, "\(mean)")
    }
    #expect(try hint(Activation(.relu), Rescaling(scale: 1 / 255)) == nil)
    let normalization = BatchNormalization()
    let network = try Self.network(channels: 1, [normalization])
    #expect(ModelFacts.hint(of: network) == nil)
    normalization.parameters[2].value.fill(129)
    #expect(ModelFacts.hint(of: network) == .raw)
    normalization.parameters[2].value.fill(0.5)
    #expect(ModelFacts.hint(of: network) == .unit)
  }

  /// Every range that emojify itself builds in is known again, whatever the file says: older files say nothing of it.
  @Test(arguments: ["0..1", "-1..1", "0..255", "-0.5..0.5", "standard"])
  func ownLayersAreAHint(range: String) throws {
    let network = try Self.network(channels: 1)
    let adapted = try network.takingRawPixels(in: #require(InputRange(range)))
    #expect(ModelFacts.hint(of: adapted) == (range == "0..255" ? nil : .raw))
  }

  /// Labels may be written into anybody's network: they do not say that it takes bytes.
  @Test func labelsSayNothingOfPixels() throws {
    let network = try Self.network(channels: 1)
    let metadata = ModelMetadata(labels: Emotion.allCases.map(\.name))
    #expect(ModelFacts(metadata).range(of: network, metadata) == nil)
    let own = ModelMetadata(labels: metadata.labels, inputRange: .raw)
    #expect(ModelFacts(own).range(of: network, own) == .raw)
  }

  /// What networks end in, and what becomes of their outputs, computed in Double.
  @Test(
    arguments: [
      (.linear, .logits), (.relu, .scores), (.sigmoid, .scores), (.softmax, .probabilities),
      (.tanh, .logits), (.logSoftmax, .logits), (.softplus, .scores),
    ] as [(ActivationFunction, OutputKind)])
  func answersAreProbabilities(end: ActivationFunction, kind: OutputKind) throws {
    let network = try NetworkBuilder.sequential(
      name: "foreign", inputShape: [4, 3, 1], seed: 3, Flatten(), Dense(units: 5),
      Activation(end), Dropout(rate: 0.2))
    for parameter in network.parameters { parameter.value.base[0] += 4 }
    network.parametersChanged()
    #expect(OutputKind(of: network) == kind)
    var random = SeededRandom(seed: 8)
    let input = Tensor([9, 4, 3, 1], (0..<108).map { _ in Float(random.uniform()) * 4 - 2 })
    let raw = network.answer(to: input).elements.map(Double.init)
    let told: [OutputKind?] = end == .softmax ? [nil, .scores] : [nil, .logits, .scores]
    for said in told + [.probabilities] {
      let expected = stride(from: 0, to: raw.count, by: 5).flatMap { start -> [Double] in
        var row = Array(raw[start..<start + 5])
        switch said ?? kind {
        case .logits: row = row.map(exp)
        case .scores: if kind == .logits { row = row.map { 1 / (1 + exp(-$0)) } }
        case .probabilities: row = row.map { max(0, $0) }
        }
        let sum = row.reduce(0, +)
        return row.map { sum > 0 ? $0 / sum : 0.2 }
      }
      let network = try network.answeringProbabilities(said)
      let found = network.answer(to: input).elements
      for (found, expected) in zip(found, expected) {
        #expect(abs(Double(found) - expected) < 1e-6, "\(end), \(String(describing: said))")
      }
      // What was first stays first; numbers below zero are no probabilities, whoever says so.
      if said == .probabilities, kind == .logits { continue }
      for start in stride(from: 0, to: raw.count, by: 5) {
        let before = raw[start..<start + 5].map(Float.init)
        #expect(Array(found[start..<start + 5]).placeOfLargest == before.placeOfLargest)
      }
    }
    if end == .softmax {
      #expect(try network.answeringProbabilities() === network)
      #expect(throws: EmojifyError.self) { try network.answeringProbabilities(.logits) }
    }
  }

  @Test func layersBehindTheFunctionAreLookedThrough() throws {
    func kind(_ layers: any Layer...) throws -> OutputKind {
      OutputKind(
        of: try NetworkBuilder.sequential(
          name: "n", inputShape: [6, 5, 1], seed: 3, layers.map { (nil, $0) }))
    }
    func convolution(_ function: ActivationFunction) -> Conv2D {
      Conv2D(filters: 3, kernelSize: 3, activation: function)
    }
    #expect(try kind(convolution(.softmax), GlobalAveragePooling2D()) == .probabilities)
    #expect(try kind(convolution(.softmax), GlobalMaxPooling2D()) == .scores)
    #expect(try kind(convolution(.softmax), Flatten()) == .scores)
    #expect(
      try kind(Conv2D(filters: 3, kernelSize: (6, 5), activation: .softmax), Flatten())
        == .probabilities)
    #expect(try kind(convolution(.relu), GlobalAveragePooling2D()) == .scores)
    #expect(try kind(convolution(.linear), GlobalAveragePooling2D()) == .logits)
    #expect(
      try kind(Flatten(), Dense(units: 3, activation: .softmax), Rescaling(scale: 100)) == .logits)
    #expect(try kind(Flatten(), Dense(units: 3), RectifiedLinear(maxValue: 6)) == .scores)
  }

  @Test func factsLieBesideTheModel() throws {
    try withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("model.h5")
      #expect(try ModelFacts(beside: model) == ModelFacts())
      let facts = ModelFacts(
        inputRange: .symmetric, color: .bgr, labels: ["happy", "sad"], output: .scores)
      let file = try facts.write(beside: model)
      #expect(file.lastPathComponent == "model.h5.json")
      #expect(try ModelFacts(beside: model) == facts)
      for (text, reason) in [
        ("{", "is not valid JSON"), ("[]", "is [], expected an object"),
        ("{\"input_range\": \"1..0\"}", "'input_range' is \"1..0\""),
        ("{\"labels\": [\"a\", 3]}", "'labels' is"), ("{\"range\": 1}", "'range' is unknown"),
        ("{\"output\": \"odds\"}", "'output' is \"odds\""),
      ] {
        try Data(text.utf8).write(to: file)
        expect("model.h5.json: \(reason)") { _ = try ModelFacts(beside: model) }
      }
    }
  }

  /// Facts that are there and cannot be read are not the same as none.
  @Test func factsThatCannotBeReadAreAnError() throws {
    try withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("model.h5")
      try FileManager.default.createDirectory(
        at: ModelFacts.file(beside: model), withIntermediateDirectories: false)
      expect("model.h5.json: cannot be read") { _ = try ModelFacts(beside: model) }
    }
  }

  @Test(arguments: [
    ("emojify_input_range", "0-1", "\"0-1\", expected a range such as"),
    ("emojify_color", "grey", "\"grey\", expected gray, rgb or bgr"),
    ("emojify_output", "odds", "\"odds\", expected probabilities, logits or scores"),
    ("emojify_seed", "-3", "\"-3\", expected a whole number from 0"),
  ])
  func damagedAttributesAreNamed(name: String, value: String, reason: String) throws {
    try withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("model.h5")
      try HDF5File.write(to: model) { file in
        try KerasFormat.write(Self.network(channels: 1), metadata: ModelMetadata(), to: file)
        try file.setString(value, name)
      }
      expect("model.h5: attribute '\(name)' is \(reason)") { _ = try KerasFormat.read(model) }
    }
  }

  @Test func theFirstThatKnowsIsBelieved() {
    let told = ModelFacts(labels: ["x", "y"])
    let kept = ModelFacts(inputRange: .unit, labels: ["a", "b"])
    #expect(told.filled(from: kept) == ModelFacts(inputRange: .unit, labels: ["x", "y"]))
  }

  @Test(arguments: [
    "", "0", "0..", "1..0", "0..0", "a..b", "0..nan", "0..1..2", "Standard", "0...1", ".5..1",
  ])
  func whatIsNoRangeIsNone(text: String) { #expect(InputRange(text) == nil) }

  /// Weights by name and shape, from a whole model and from weights alone.
  @Test func weightsGoWhereNameAndShapeAgree() throws {
    let source = try NetworkBuilder.sequential(
      name: "a", inputShape: [6, 6, 1], seed: 1,
      [
        ("first", Conv2D(filters: 4, kernelSize: 3)), ("flat", Flatten()),
        ("head", Dense(units: 7)),
      ])
    let target = try NetworkBuilder.sequential(
      name: "b", inputShape: [6, 6, 1], seed: 2,
      [
        ("first", Conv2D(filters: 4, kernelSize: 3)), ("pool", MaxPooling2D()), ("flat", Flatten()),
        ("head", Dense(units: 7)), ("more", Dense(units: 3)),
      ])
    let head = Array(target.nodes[4].layer!.parameters[0].value.view.elements)
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.h5")
      try KerasFormat.write(source, metadata: ModelMetadata(), to: file)
      #expect(try KerasFormat.readMatchingWeights(from: file, into: target) == ["first"])
    }
    let kernels = [source, target].map {
      Array($0.node(named: "first")!.layer!.parameters[0].value.view.elements)
    }
    #expect(kernels[0] == kernels[1])
    #expect(Array(target.nodes[4].layer!.parameters[0].value.view.elements) == head)
  }
}

/// Expects the error's text to end in, or hold, `reason`.
private func expect(_ reason: String, _ body: () throws -> Void) {
  do {
    try body()
    Issue.record("no error: \(reason)")
  } catch {
    #expect("\(error)".contains(reason), "\(error)")
  }
}
