import Testing

@testable import FERCore

/// Progressive resizing: epochs that see smaller images.
@Suite struct ResolutionTests {
  /// Without a layer that depends on the image's extents.
  private static func network(side: Int, seed: UInt64 = 5) throws -> Network {
    try NetworkBuilder.sequential(
      name: "tiny", inputShape: [side, side, 1], seed: seed,
      [
        (nil, Rescaling(scale: 1 / 255)), (nil, Conv2D(filters: 8, kernelSize: 3)),
        (nil, BatchNormalization()), (nil, Activation(.relu)), (nil, MaxPooling2D()),
        (nil, GlobalAveragePooling2D()), (nil, Dense(units: 3)), (nil, Activation(.softmax)),
      ])
  }

  @Test func aResizedNetworkIsTheOneBuiltForThatSize() throws {
    let original = try Self.network(side: 12)
    let resized = try original.resized(to: [8, 8, 1])
    let built = try Self.network(side: 8)
    #expect(resized.nodes.map(\.outputShape) == built.nodes.map(\.outputShape))
    #expect(resized.values.base == original.values.base)
    let pool = WorkerPool(threads: 2)
    let image = (0..<64).map { UInt8($0 * 3) }
    let predict = { Predictor(network: $0, pool: pool).predict(images: [image]) }
    #expect(predict(resized) == predict(built))  // the same seed drew the same parameters

    // What one learns the other knows.
    let before = predict(resized)
    for index in 0..<original.values.count { original.values.base[index] *= 1.5 }
    original.parametersChanged()
    #expect(predict(resized) != before)
  }

  /// What lies inside a layer has another size too.
  @Test func aSeparableConvolutionIsResizedWithin() throws {
    func network(side: Int) throws -> Network {
      try NetworkBuilder.sequential(
        name: "tiny", inputShape: [side, side, 1], seed: 5,
        [
          (nil, Rescaling(scale: 1 / 255)),
          (nil, SeparableConv2D(filters: 8, kernelSize: (3, 3), strides: (2, 2), padding: .same)),
          (nil, GlobalAveragePooling2D()), (nil, Dense(units: 3)), (nil, Activation(.softmax)),
        ])
    }
    let resized = try network(side: 12).resized(to: [20, 20, 1])
    let built = try network(side: 20)
    let image = (0..<400).map { UInt8($0 % 251) }
    let pool = WorkerPool(threads: 2)
    let predict = { Predictor(network: $0, pool: pool).predict(images: [image]) }
    #expect(predict(resized) == predict(built))
    #expect(resized.multiplyAdds == built.multiplyAdds)
  }

  @Test func aLayerThatDependsOnTheSizeIsNamed() throws {
    let error = #expect(throws: EmojifyError.self) {
      _ = try TrainerTests.network().resized(to: [8, 8, 1])
    }
    #expect(error?.description.contains("layer 'dense' (Dense)") == true)
  }

  /// They keep maps from place to place, which another size would read beyond its memory.
  @Test(arguments: [
    "zero_padding2d", "cropping2d", "permute", "resizing", "up_sampling2d", "p_re_lu", "multiply",
  ])
  func aLayerWithAMapOfPlacesIsRefused(name: String) throws {
    let margins = Margins(top: 1, bottom: 1, left: 1, right: 1)
    let layers: [String: any Layer] = [
      "zero_padding2d": ZeroPadding2D(margins), "cropping2d": Cropping2D(margins),
      "permute": Permute([2, 1, 3]),
      "resizing": Resizing((6, 6)), "up_sampling2d": UpSampling2D(),
      "p_re_lu": PReLU(), "multiply": Merge(.multiply),
    ]
    let layer = try #require(layers[name])
    var builder = NetworkBuilder(name: "net", inputShape: [12, 12, 1])
    var x = builder.input
    if layer is Merge {
      var share = try builder.add(GlobalAveragePooling2D(), to: x)
      share = try builder.add(Reshape([1, 1, 1]), to: share)
      x = try builder.add(layer, name: name, to: x, share)
    } else {
      x = try builder.add(layer, name: name, to: x)
    }
    x = try builder.add(GlobalAveragePooling2D(), to: x)
    let network = try builder.build(output: x, seed: 1)
    let error = #expect(throws: EmojifyError.self) { _ = try network.resized(to: [8, 8, 1]) }
    #expect(error?.description.contains("layer '\(name)'") == true)
    #expect(try network.resized(to: [12, 12, 1]).outputShape == network.outputShape)
  }

  /// Maps that have one size at 12 pixels and at 8, but not at 6: there one would be repeated, which needs places that the
  /// layer never made.
  @Test(arguments: Merge.Operation.allCases)
  func inputsThatNoLongerHaveOneSizeAreRefused(operation: Merge.Operation) throws {
    func network(side: Int) throws -> Network {
      var builder = NetworkBuilder(name: "net", inputShape: [side, side, 1])
      let x = try builder.add(Rescaling(scale: 1 / 255), to: builder.input)
      let stem = try builder.add(Conv2D(filters: 4, kernelSize: 3, padding: .same), to: x)
      let a = try builder.add(MaxPooling2D(poolSize: (4, 4)), to: stem)
      let b = try builder.add(
        Conv2D(filters: 4, kernelSize: 3, stride: 4, padding: .same), to: stem)
      var y = try builder.add(Merge(operation), name: "join", to: a, b)
      y = try builder.add(GlobalAveragePooling2D(), to: y)
      y = try builder.add(Dense(units: 3, activation: .softmax), to: y)
      return try builder.build(output: y, seed: 5)
    }
    let original = try network(side: 12)
    let error = #expect(throws: EmojifyError.self) { _ = try original.resized(to: [6, 6, 1]) }
    #expect(
      error?.description.contains("layer 'join' (\(operation.rawValue)) is made for inputs of")
        == true)
    let image = (0..<64).map { UInt8($0 * 3) }
    let predict = {
      Predictor(network: $0, pool: WorkerPool(threads: 2)).predict(images: [image])
    }
    let (resized, built) = (try original.resized(to: [8, 8, 1]), try network(side: 8))
    #expect(predict(resized) == predict(built))
  }

  @Test func aSmallerBatchShowsTheSameImages() {
    let faces = TrainerTests.dataset()
    let plan = BatchPlan(
      dataset: faces, indices: [4, 9], batchSize: 2, seed: 1,
      smallerSides: [6, 6], shuffles: false)
    #expect([0, 1, 2].map(plan.side) == [6, 6, 12])
    var images = [Float](repeating: -1, count: 2 * 144)
    var targets = [Float](repeating: -1, count: 2 * 3)
    plan.fill(epoch: 1, batch: 0, images: &images, targets: &targets)
    // Half the size: each pixel lies in the middle of four.
    let expected = [4, 9].flatMap { image in
      (0..<36).map { pixel in
        let corner = pixel / 6 * 2 * 12 + pixel % 6 * 2
        return [0, 1, 12, 13].reduce(Float(0)) { $0 + Float(faces.image(image)[corner + $1]) } / 4
      }
    }
    #expect(zip(images, expected).allSatisfy { abs($0 - $1) < 1e-3 })
    #expect(images[72...].allSatisfy { $0 == -1 })
  }

  @Test func aShareIsRoundedToWholeEpochs() {
    let resolutions = [
      TrainingResolution(side: 24, epochs: 1), TrainingResolution(side: 32, share: 0.4),
    ]
    #expect(resolutions.sides(ofEpochs: 9) == [24, 32, 32, 32, 32])
    // The last epoch is one of whole images.
    #expect(resolutions.sides(ofEpochs: 2) == [24])
    #expect(resolutions.sides(ofEpochs: 1).isEmpty)
    #expect([TrainingResolution]().sides(ofEpochs: 9).isEmpty)
  }

  @Test func aRunThatGrowsResumesToTheSameBits() throws {
    var configuration = TrainerTests.configuration()
    configuration.resolutions = [
      TrainingResolution(side: 8, epochs: 1), TrainingResolution(side: 10, epochs: 2),
    ]
    let data = try TrainingData(TrainerTests.dataset(), configuration)
    func trainer(
      _ folder: RunFolder, threads: Int, stop: StopRequest = StopRequest(),
      report: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws -> Trainer {
      try Trainer(
        network: Self.network(side: 12), configuration: configuration, data: data, folder: folder,
        pool: WorkerPool(threads: threads), stopRequest: stop, report: report)
    }
    try withTemporaryFolder { parent in
      let whole = try trainer(
        RunFolder.create(at: parent.appendingPathComponent("whole")), threads: 1)
      #expect(try whole.run() == .finished)
      let folder = try RunFolder.create(at: parent.appendingPathComponent("cut"))
      let stop = StopRequest()
      let cut = try trainer(folder, threads: 2, stop: stop) { event in
        if case .step(let step) = event, step.epoch == 1, step.batch == 3 { stop.request() }
      }
      #expect(try cut.run() == .interrupted)
      let resumed = try trainer(folder, threads: 2)
      try resumed.restore()
      #expect(try resumed.run() == .finished)
      #expect(TrainerTests.bits(resumed) == TrainerTests.bits(whole))
    }
  }
}
