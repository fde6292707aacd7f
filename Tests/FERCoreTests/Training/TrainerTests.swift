import Foundation
import Testing

@testable import FERCore

@Suite struct TrainerTests {
  /// 70 images of 12 x 12 pixels in three classes, each a bright stripe at its own height under noise.
  static func dataset() -> FaceDataset {
    var random = SeededRandom(seed: 11)
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    var splits: [FaceDataset.Split] = []
    for image in 0..<70 {
      let label = image % 3
      for y in 0..<12 {
        for _ in 0..<12 {
          let base = y / 4 == label ? 170 : 60
          pixels.append(UInt8(base + random.integer(below: 60)))
        }
      }
      labels.append(UInt8(label))
      splits.append(image < 50 ? .training : image < 62 ? .publicTest : .privateTest)
    }
    return FaceDataset(
      side: 12, pixels: pixels, labels: labels, splits: splits, classNames: ["a", "b", "c"])
  }

  /// Everything whose state a resumed run must have right: batch statistics, dropout, momentum, average, plateau.
  static func configuration() -> TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.validation = .publicTest
    configuration.epochs = 4
    configuration.batchSize = 8  // six full batches and one of two
    configuration.seed = 5
    configuration.optimizer = OptimizerConfiguration(kind: .adamw)
    configuration.optimizer.weightDecay = 0.01
    configuration.learningRate = 0.01
    configuration.schedule = LearningRateSchedule(kind: .cosine, warmupEpochs: 0.5)
    configuration.plateau = PlateauRule(factor: 0.5, patience: 1)
    configuration.labelSmoothing = 0.1
    configuration.classWeights = .balanced
    configuration.clipNorm = 1
    configuration.averageDecay = 0.9
    configuration.augmentation.mixupAlpha = 0.2
    configuration.checkpointSteps = 1
    return configuration
  }

  static func network(seed: UInt64 = 5) throws -> Network {
    try NetworkBuilder.sequential(
      name: "tiny", inputShape: [12, 12, 1], seed: seed,
      [
        (nil, Rescaling(scale: 1 / 255)), (nil, Conv2D(filters: 8, kernelSize: 3)),
        (nil, BatchNormalization()), (nil, Activation(.relu)), (nil, MaxPooling2D()),
        (nil, Flatten()), (nil, Dropout(rate: 0.25)), (nil, Dense(units: 3)),
        (nil, Activation(.softmax)),
      ])
  }

  static func trainer(
    _ configuration: TrainingConfiguration, in folder: RunFolder, threads: Int = 2,
    stopRequest: StopRequest = StopRequest(), report: @escaping (TrainingEvent) -> Void = { _ in }
  ) throws -> Trainer {
    try Trainer(
      network: network(), configuration: configuration,
      data: TrainingData(dataset(), configuration), folder: folder,
      pool: WorkerPool(threads: threads), stopRequest: stopRequest, report: report)
  }

  static func bits(_ trainer: Trainer) -> [UInt32] {
    (0..<trainer.network.values.count).map { trainer.network.values.base[$0].bitPattern }
      + (trainer.average.map { average in
        (0..<average.values.count).map { average.values.base[$0].bitPattern }
      } ?? [])
  }

  @Test func oneNameForAllImagesIsTold() throws {
    try withTemporaryFolder { parent in
      var configuration = Self.configuration()
      configuration.epochs = 2
      configuration.averageDecay = nil
      configuration.learningRate = 1e-12
      var told: [String] = []
      let trainer = try Self.trainer(
        configuration, in: try RunFolder.create(at: parent.appendingPathComponent("run"))
      ) { event in
        if case .calledAlike(let epoch, let name, let images) = event {
          told.append("\(epoch) \(name) \(images)")
        }
      }
      // Nothing tells the classes apart, and the first of equals is the answer.
      for place in 0..<trainer.network.values.count { trainer.network.values.base[place] = 0 }
      trainer.network.parametersChanged()
      #expect(try trainer.run() == .finished)
      #expect(told == ["0 a 12", "1 a 12"])
    }
  }

  @Test func learnsAndLeavesItsFiles() throws {
    try withTemporaryFolder { parent in
      var configuration = Self.configuration()
      configuration.epochs = 40  // batch statistics average over some hundred steps
      configuration.augmentation = .none
      configuration.averageDecay = nil
      configuration.plateau = nil
      let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
      var epochs = 0
      var lastAlike = 0
      let trainer = try Self.trainer(configuration, in: folder) { event in
        if case .epoch = event { epochs += 1 }
        if case .calledAlike(let epoch, _, _) = event { lastAlike = epoch }
      }
      #expect(try trainer.run() == .finished)
      #expect(epochs == 40 && lastAlike < 20)
      let best = try #require(trainer.session.best)
      #expect(best.validationAccuracy > 0.9)
      let lines = try String(contentsOf: folder.history, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 41)
      #expect(lines[0] == "epoch,accuracy,learning_rate,loss,val_accuracy,val_loss")
      #expect(lines[1].hasPrefix("0,"))
      #expect(try TrainingConfiguration(reading: folder.configuration) == configuration)

      // The best model scores from its file what the history says.
      let (network, metadata) = try KerasFormat.read(folder.best)
      let predictor = Predictor(network: network, pool: WorkerPool(threads: 2))
      let report = try Evaluator.evaluate(
        predictor, on: trainer.data.dataset, indices: trainer.data.validation)
      #expect(report.accuracy == best.validationAccuracy)
      #expect(abs(report.loss - best.validationLoss) < 1e-6)
      #expect(metadata.labels == ["a", "b", "c"])
      #expect(metadata.seed == 5)
      #expect(metadata.recipe?["batch_size"]?.intValue == 8)
      #expect(RunFolder.newest(in: parent)?.lastPathComponent == "run")
    }
  }

  @Test func sameBitsOnAnyNumberOfThreads() throws {
    try withTemporaryFolder { parent in
      let run = { (threads: Int) in
        let folder = try RunFolder.create(at: parent.appendingPathComponent("run\(threads)"))
        var configuration = Self.configuration()
        configuration.threads = threads
        let trainer = try Self.trainer(configuration, in: folder, threads: threads)
        #expect(try trainer.run() == .finished)
        return (
          Self.bits(trainer), try Data(contentsOf: folder.history),
          try Data(contentsOf: folder.best)
        )
      }
      let (bits, history, file) = try run(1)
      let (otherBits, otherHistory, otherFile) = try run(2)
      #expect(bits == otherBits)
      #expect(history == otherHistory)
      #expect(file == otherFile)
    }
  }

  /// Two steps, one of a smaller batch, and a validation, of the networks people train.
  @Test(arguments: Architecture.all.map(\.name))
  func everyArchitectureHasTheSameBitsOnAnyNumberOfThreads(architecture: String) throws {
    var random = SeededRandom(seed: 21)
    let faces = FaceDataset(
      pixels: (0..<20 * 48 * 48).map { _ in UInt8(random.integer(below: 256)) },
      labels: (0..<20).map { UInt8($0 % 7) },
      splits: (0..<20).map { $0 < 13 ? .training : .publicTest })
    var configuration = TrainingConfiguration()
    configuration.architecture = architecture
    configuration.epochs = 1
    configuration.batchSize = 8
    let data = try TrainingData(faces, configuration)
    try withTemporaryFolder { parent in
      let run = { (threads: Int) in
        let trainer = try Trainer(
          configuration: configuration, data: data,
          folder: RunFolder.create(at: parent.appendingPathComponent("run\(threads)")),
          pool: WorkerPool(threads: threads))
        #expect(try trainer.run() == .finished)
        return (Self.bits(trainer), trainer.session.history)
      }
      let (bits, history) = try run(1)
      let (otherBits, otherHistory) = try run(2)
      #expect(bits == otherBits)
      #expect(history == otherHistory)
    }
  }

  /// After the first, a middle and the last batch of an epoch; the last of all.
  @Test(arguments: [1, 10, 14, 27, 28])
  func interruptedAndResumedIsTheSame(step: Int) throws {
    try withTemporaryFolder { parent in
      let whole = try RunFolder.create(at: parent.appendingPathComponent("whole"))
      let uninterrupted = try Self.trainer(Self.configuration(), in: whole)
      #expect(try uninterrupted.run() == .finished)

      let url = parent.appendingPathComponent("cut")
      do {
        let folder = try RunFolder.create(at: url)
        let stop = StopRequest()
        var steps = 0
        let trainer = try Self.trainer(Self.configuration(), in: folder, stopRequest: stop) {
          guard case .step = $0 else { return }
          steps += 1
          if steps == step { stop.request() }
        }
        #expect(try trainer.run() == (step == 28 ? .finished : .interrupted))
      }
      let folder = try RunFolder.open(url)
      let resumed = try Self.trainer(
        TrainingConfiguration(reading: folder.configuration), in: folder, threads: 1)
      try resumed.restore()
      #expect(resumed.progress.step == step)
      #expect(try resumed.run() == .finished)
      #expect(Self.bits(resumed) == Self.bits(uninterrupted))
      #expect(try Data(contentsOf: folder.history) == Data(contentsOf: whole.history))
      #expect(resumed.session.best == uninterrupted.session.best)
    }
  }

  /// What a killed process leaves is what was on the disk at some moment: the folder as it was in the middle of a step.
  @Test(arguments: [1, 7, 16])
  func killedAndResumedIsTheSame(step: Int) throws {
    try withTemporaryFolder { parent in
      var configuration = Self.configuration()
      configuration.checkpointSteps = 3
      let whole = try RunFolder.create(at: parent.appendingPathComponent("whole"))
      let killed = parent.appendingPathComponent("killed")
      var steps = 0
      let uninterrupted = try Self.trainer(configuration, in: whole) {
        guard case .step = $0 else { return }
        steps += 1
        if steps == step { try? FileManager.default.copyItem(at: whole.url, to: killed) }
      }
      #expect(try uninterrupted.run() == .finished)
      let folder = try RunFolder.open(killed)
      let resumed = try Self.trainer(configuration, in: folder)
      try resumed.restore()
      #expect(resumed.progress.step < step)
      #expect(try resumed.run() == .finished)
      #expect(Self.bits(resumed) == Self.bits(uninterrupted))
      #expect(try Data(contentsOf: folder.history) == Data(contentsOf: whole.history))
    }
  }

  @Test func stopsWhenTheLossIsNoNumber() throws {
    try withTemporaryFolder { parent in
      var configuration = Self.configuration()
      configuration.optimizer = OptimizerConfiguration(kind: .sgd)
      configuration.learningRate = 1e30
      configuration.clipNorm = nil
      configuration.schedule = LearningRateSchedule(kind: .constant)
      let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
      let trainer = try Self.trainer(configuration, in: folder)
      let error = #expect(throws: EmojifyError.self) { _ = try trainer.run() }
      let message = try #require(error?.description)
      #expect(message.hasPrefix("epoch 1, batch "), "\(message)")
      #expect(message.contains("learning rate 1e+30"), "\(message)")
      #expect(error?.exitCode == 65)
    }
  }

  @Test func stopsEarlyAndStaysStopped() throws {
    try withTemporaryFolder { parent in
      var configuration = Self.configuration()
      configuration.epochs = 30
      configuration.learningRate = 1e-12  // nothing gets better
      configuration.averageDecay = nil
      configuration.earlyStopping = 2
      let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
      let trainer = try Self.trainer(configuration, in: folder)
      #expect(try trainer.run() == .stoppedEarly)
      let count = trainer.session.history.count
      #expect(count < 30)
      let again = try Self.trainer(configuration, in: folder)
      try again.restore()
      #expect(try again.run() == .stoppedEarly)
      #expect(again.session.history.count == count)
    }
  }

  /// A run goes on with the data it began with, and with counters that a run comes to.
  @Test func refusesOtherDataAndImpossibleCounters() throws {
    try withTemporaryFolder { parent in
      var configuration = Self.configuration()
      configuration.epochs = 1
      let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
      #expect(try Self.trainer(configuration, in: folder).run() == .finished)
      let faces = Self.dataset()
      var labels = faces.labels
      labels[0] = (labels[0] + 1) % 3
      let others = FaceDataset(
        side: 12, pixels: faces.pixels, labels: labels, splits: faces.splits,
        classNames: faces.classNames)
      let trainer = try Trainer(
        network: Self.network(), configuration: configuration,
        data: TrainingData(others, configuration), folder: folder, pool: WorkerPool(threads: 1))
      let error = #expect(throws: EmojifyError.self) { try trainer.restore() }
      #expect(error?.exitCode == 65)
      #expect(error?.description.contains("the run began with other data") == true)

      let same = try Self.trainer(configuration, in: folder)
      try same.restore()
      for (place, number) in [
        (0, -1), (0, 2), (1, 99), (2, -1), (2, .max), (3, 1000), (4, 1000), (5, .max), (6, .max),
      ] {
        var saved = same.checkpoint(exchanged: false)
        saved.counters["progress"]?[place] = number
        try saved.write(to: folder.checkpoint)
        let error = #expect(throws: EmojifyError.self) {
          try Self.trainer(configuration, in: folder).restore()
        }
        #expect(error?.description.contains("which no run comes to") == true)
      }
      for epochs in [[1], [.min], []] {
        var saved = same.checkpoint(exchanged: false)
        saved.counters["history"] = epochs
        saved.numbers["history"] = saved.numbers["history"]?.dropLast(epochs.isEmpty ? 5 : 0)
        try saved.write(to: folder.checkpoint)
        #expect(throws: EmojifyError.self) {
          try Self.trainer(configuration, in: folder).restore()
        }
      }
    }
  }

  /// A count in a damaged checkpoint may be no integer.
  @Test(arguments: [-Double.infinity, .infinity, 1e300, -3])
  func aPlateausDamagedCountIsCut(count: Double) {
    let reducer = PlateauReducer(PlateauRule())
    reducer.state = [0.5, count]
    #expect(reducer.state == [0.5, count > 0 ? 1e9 : 0])
  }

  /// The loss is computed from what goes into a softmax, so there has to be one.
  @Test func aNetworkWithoutSoftmaxIsRefused() throws {
    let ends: [[(String?, any Layer)]] = [
      [(nil, Dense(units: 3))], [(nil, Dense(units: 3, activation: .sigmoid))],
      [(nil, Dense(units: 3, activation: .softmax)), (nil, Reshape([1, 1, 3]))],
    ]
    for end in ends {
      let network = try NetworkBuilder.sequential(
        name: "tiny", inputShape: [12, 12, 1], seed: 1, [(nil, Flatten())] + end)
      try withTemporaryFolder { parent in
        let error = #expect(throws: EmojifyError.self) {
          _ = try Trainer(
            network: network, configuration: Self.configuration(),
            data: TrainingData(Self.dataset(), Self.configuration()),
            folder: RunFolder.create(at: parent.appendingPathComponent("run")),
            pool: WorkerPool(threads: 1))
        }
        #expect(error?.exitCode == 65)
      }
      #expect(try network.answeringOneRow().outputShape == [3])
    }
    let map = try NetworkBuilder.sequential(
      name: "map", inputShape: [12, 12, 1], seed: 1, [(nil, Dense(units: 3))])
    #expect(throws: EmojifyError.self) { _ = try map.answeringOneRow() }
  }

  @Test func aSoftmaxOverOnePlaceIsTrained() throws {
    let network = try NetworkBuilder.sequential(
      name: "places", inputShape: [12, 12, 1], seed: 1,
      [
        (nil, Conv2D(filters: 3, kernelSize: 12, activation: .softmax))
      ])
    try withTemporaryFolder { parent in
      var configuration = Self.configuration()
      configuration.epochs = 1
      let trainer = try Trainer(
        network: network.answeringOneRow(), configuration: configuration,
        data: TrainingData(Self.dataset(), configuration),
        folder: RunFolder.create(at: parent.appendingPathComponent("run")),
        pool: WorkerPool(threads: 1))
      #expect(try trainer.run() == .finished)
    }
  }

  /// The last step's weights are only asked by the next one's loss, but a checkpoint between would be what is gone on from.
  @Test func whatIsNotFiniteIsNotSaved() throws {
    try withTemporaryFolder { parent in
      let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
      let trainer = try Self.trainer(Self.configuration(), in: folder)
      // Statistics take no part in training's answers.
      let statistics = try #require(trainer.network.parameters.last { !$0.isTrainable })
      statistics.value.base[0] = .nan
      let error = try #require(throws: EmojifyError.self) { _ = try trainer.run() }
      #expect(error.description.contains("a weight is infinite or not a number"))
      #expect(error.exitCode == 65 && !folder.hasCheckpoint)
    }
  }

  @Test func refusesAnotherNetworksCheckpoint() throws {
    try withTemporaryFolder { parent in
      var configuration = Self.configuration()
      configuration.epochs = 1
      let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
      #expect(try Self.trainer(configuration, in: folder).run() == .finished)
      let other = try NetworkBuilder.sequential(
        name: "other", inputShape: [12, 12, 1], seed: 1,
        [(nil, Flatten()), (nil, Dense(units: 3, activation: .softmax))])
      let trainer = try Trainer(
        network: other, configuration: configuration,
        data: TrainingData(Self.dataset(), configuration), folder: folder,
        pool: WorkerPool(threads: 1))
      let error = #expect(throws: EmojifyError.self) { try trainer.restore() }
      #expect(error?.description.contains("another network than 'other'") == true)
    }
  }
}
