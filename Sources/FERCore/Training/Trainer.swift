import Dispatch
import Foundation

/// Trains a network: batches → network → loss → gradients → optimizer → parameters, and after every epoch validation
/// and callbacks.
///
/// Everything drawn is keyed by the seed and what it is for, and every sum has a fixed order: the same configuration on
/// the same data ends with the same bits on any number of threads, interrupted and resumed or not.
public final class Trainer {
  public enum Ending: Sendable, Equatable {
    /// All epochs were trained.
    case finished
    /// A callback ended the run.
    case stoppedEarly
    /// `StopRequest.request` was called; the checkpoint goes on from there. There is none where teachers were still asked.
    case interrupted
  }

  public let configuration: TrainingConfiguration
  public let data: TrainingData
  public let network: Network
  public let folder: RunFolder
  public let session: TrainingSession
  public let stopRequest: StopRequest
  let callbacks: [any TrainingCallback]
  let optimizer: any Optimizer
  let average: MovingAverage?
  var progress = TrainingProgress()

  private let pool: WorkerPool
  private let block: ParameterBlock
  private let clipping: GradientClipping
  private let loss: SoftmaxCrossEntropy
  private(set) var batches: BatchPlan
  private let predictor: Predictor
  private let teacher: Teacher?
  /// Those that are asked before the first step.
  private let teachersAskedOnce: [Network]
  private var plans: [PlanSize: ExecutionPlan] = [:]
  /// The network for each side that an epoch sees; all share their parameters.
  private let networks: [Int: Network]
  /// What data a run must find again to go on: how many images it learns from, and all images' hash.
  private(set) lazy var knownData = [
    data.training.count, Int(bitPattern: UInt(data.dataset.hash)),
  ]
  private let report: (TrainingEvent) -> Void
  private var lastSave = 0.0
  private var pace = (images: 0, start: 0.0)

  /// A run of the configuration's architecture from its start; `restore()` then makes it an old one.
  ///
  /// - Parameter report: told of every step and epoch, on the thread that trains.
  /// - Throws: As `init(network:configuration:data:folder:pool:stopRequest:report:)`; `EmojifyError.usage` for an
  ///   architecture of no such name.
  public convenience init(
    configuration: TrainingConfiguration, data: TrainingData, folder: RunFolder, pool: WorkerPool,
    stopRequest: StopRequest = StopRequest(), report: @escaping (TrainingEvent) -> Void = { _ in }
  ) throws {
    guard let architecture = Architecture.named(configuration.architecture) else {
      throw EmojifyError.usage(
        "unknown architecture '\(configuration.architecture)', expected one of "
          + Architecture.all.map(\.name).joined(separator: ", "))
    }
    try self.init(
      network: architecture.network(
        classCount: data.dataset.classCount, seed: configuration.seed),
      configuration: configuration, data: data, folder: folder, pool: pool,
      stopRequest: stopRequest, report: report)
  }

  /// A run of a network of one's own.
  ///
  /// - Throws: `EmojifyError`: `.usage` for a configuration that cannot be, `.badData` where data, network and teachers do not
  ///   go together or a teacher is not the one the run began with, `.missingInput` where a teacher cannot be read.
  public init(
    network: Network, configuration: TrainingConfiguration, data: TrainingData, folder: RunFolder,
    pool: WorkerPool, stopRequest: StopRequest = StopRequest(),
    report: @escaping (TrainingEvent) -> Void = { _ in }
  ) throws {
    try configuration.validate()
    network.compute(with: configuration.convolution)
    guard network.trainableCount > 0 else {
      throw EmojifyError.usage("all layers are frozen: nothing is left to learn")
    }
    let side = data.dataset.side
    try configuration.augmentation.validate(side: side)
    guard network.inputShape == [side, side, 1] else {
      throw EmojifyError.badData(
        "the data's images are [\(side), \(side), 1], the network expects \(network.inputShape)")
    }
    guard network.outputShape == [data.dataset.classCount] else {
      throw EmojifyError.badData(
        "the data has \(data.dataset.classCount) classes, the network answers with \(network.outputShape)"
      )
    }
    guard network.endsInSoftmax else { throw Network.noSoftmax }
    var networks = [side: network]
    let smallerSides = (configuration.resolutions ?? []).sides(ofEpochs: configuration.epochs)
    for smaller in smallerSides where networks[smaller] == nil {
      guard smaller < side else {
        throw EmojifyError.usage(
          "resolution is \(smaller), expected at most the images' \(side) pixels")
      }
      networks[smaller] = try network.resized(to: [smaller, smaller, 1])
    }
    self.networks = networks
    let teachers =
      try configuration.distillation?.networks(
        classNames: data.dataset.classNames, inputShape: network.inputShape) ?? []
    var configuration = configuration
    try configuration.distillation?.recognize(teachers)
    self.configuration = configuration
    self.data = data
    self.network = network
    self.folder = folder
    self.pool = pool
    self.stopRequest = stopRequest
    self.report = report
    session = TrainingSession(
      configuration: configuration, folder: folder, network: network, data: data)
    callbacks = Self.callbacks(configuration)
    optimizer = configuration.optimizer.makeOptimizer(trainableCount: network.trainableCount)
    average = configuration.averageDecay.map { MovingAverage(of: network.values, decay: $0) }
    block = ParameterBlock(network)
    clipping = GradientClipping(for: block)
    loss = SoftmaxCrossEntropy(
      labelSmoothing: configuration.labelSmoothing,
      classWeights: try data.classWeights(configuration.classWeights))
    let asksOnce = configuration.distillation?.asksOnce == true
    teachersAskedOnce = asksOnce ? teachers : []
    batches = BatchPlan(
      dataset: data.dataset, indices: data.training, batchSize: configuration.batchSize,
      augmentation: configuration.augmentation, seed: configuration.seed,
      smallerSides: smallerSides,
      mixingEpochs: configuration.epochs - (configuration.mixupOffEpochs ?? 0))
    let largest = min(configuration.batchSize, data.training.count)
    let plan = ExecutionPlan(network: network, batchSize: largest, mode: .training, pool: pool)
    plans[PlanSize(side: side, count: largest)] = plan
    predictor = Predictor(network: network, pool: pool, reusing: plan)
    let rest = data.training.count - (batches.batchCount - 1) * batches.batchSize
    teacher =
      try asksOnce
      ? nil
      : configuration.distillation.map {
        try Teacher(
          teachers, share: $0.share, sides: networks.keys, counts: [largest, rest], pool: pool)
      }
  }

  /// Trains to the end of the configured epochs.
  ///
  /// - Throws: `EmojifyError.badData` when the loss is no longer a number; what was saved before is kept. Whatever
  ///   writing the run's files throws.
  public func run() throws -> Ending {
    if (try? folder.configuration.checkResourceIsReachable()) != true {
      try AtomicFile.write(configuration.json(), to: folder.configuration)
    }
    guard askTeachers() else { return .interrupted }
    lastSave = Self.now()
    let loader = BatchLoader(
      plan: batches, epochs: min(progress.epoch, configuration.epochs)..<configuration.epochs,
      firstBatch: progress.batch)
    while progress.epoch < configuration.epochs {
      if session.shouldStop { return .stoppedEarly }
      pace = (0, Self.now())
      while progress.batch < batches.batchCount, let batch = loader.next() {
        try step(batch)
        // An epoch that is complete is only saved with its validation done: before, resuming starts at the last batch.
        if progress.batch == batches.batchCount { break }
        if stopRequest.isRequested {
          try save()
          return .interrupted
        }
        if isSaveDue { try save() }
      }
      try endEpoch()
      if stopRequest.isRequested, progress.epoch < configuration.epochs, !session.shouldStop {
        return .interrupted
      }
    }
    return .finished
  }

  /// Has those that are asked once answer; false where somebody wants to stop.
  private func askTeachers() -> Bool {
    guard !teachersAskedOnce.isEmpty, batches.softTargets == nil else { return true }
    batches.softTargets = configuration.distillation?.targets(
      of: teachersAskedOnce, for: data, pool: pool, stopRequest: stopRequest
    ) { report(.askingTeachers(done: $0, of: $1)) }
    return batches.softTargets != nil
  }

  /// One batch, forward, backward and into the parameters.
  private func step(_ batch: Batch) throws {
    let plan = plan(for: batch)
    let rate =
      session.rateFactor
      * configuration.schedule.rate(
        base: configuration.learningRate, step: progress.step, stepsPerEpoch: batches.batchCount,
        epochs: configuration.epochs)
    let targets = teacher?.blend(batch, borrowing: plan) ?? batch.targets
    Kernels.copy(batch.images, to: plan.input, pool: pool)
    plan.forward(
      randomKey: SeededRandom.combine(
        SeededRandom.combine(configuration.seed, Self.stepStream), UInt64(progress.step)))
    let outcome = loss(
      logits: plan.output, targets: targets, gradient: plan.outputGradient)
    guard outcome.isFinite else {
      throw diverged("the loss is \(outcome.loss)", batch: batch.index, rate: rate)
    }
    plan.backward()
    var scale: Float = 1
    if let limit = configuration.clipNorm {
      let norm = clipping.norm(of: block, pool: pool)
      guard norm.isFinite else {
        throw diverged("the gradients' norm is \(norm)", batch: batch.index, rate: rate)
      }
      scale = GradientClipping.scale(norm: norm, limit: limit)
    }
    optimizer.update(
      block, learningRate: rate, gradientScale: scale, average: average, pool: pool)
    network.parametersChanged()
    progress.total += outcome
    progress.lastRate = Double(rate)
    progress.batch += 1
    progress.step += 1
    pace.images += batch.count
    reportStep(rate: rate)
  }

  private func endEpoch() throws {
    if let average {
      average.exchange(with: network.values)
      network.parametersChanged()
    }
    defer {
      if let average {
        average.exchange(with: network.values)
        network.parametersChanged()
      }
    }
    let score = try Evaluator.evaluate(predictor, on: data.dataset, indices: data.validation) {
      report(.validation(done: $0, of: data.validation.count))
    }
    guard score.loss.isFinite else {
      throw diverged(
        "the validation loss is \(score.loss)", batch: batches.batchCount - 1,
        rate: Float(progress.lastRate))
    }
    let record = EpochRecord(
      epoch: progress.epoch, accuracy: progress.total.accuracy, loss: progress.total.loss,
      validationAccuracy: score.accuracy, validationLoss: score.loss,
      learningRate: progress.lastRate)
    session.history.append(record)
    for callback in callbacks { try callback.epochEnded(record, of: session) }
    progress.epoch += 1
    progress.batch = 0
    progress.total = .init()
    // The average and the values are exchanged here: the checkpoint is told so.
    try save(exchanged: true)
    report(.epoch(record, isBest: session.best == record))
    if score.accuracy < 1, let only = score.matrix.onlyPrediction {
      report(
        .calledAlike(
          epoch: record.epoch, className: data.dataset.classNames[only],
          images: score.matrix.total))
    }
  }

  private func plan(for batch: Batch) -> ExecutionPlan {
    let size = PlanSize(side: batch.images.shape[1], count: batch.count)
    if let plan = plans[size] { return plan }
    let plan = ExecutionPlan(
      network: networks[size.side] ?? network, batchSize: batch.count, mode: .training, pool: pool,
      reusing: plans.values.max { $0.arenaCount < $1.arenaCount })
    plans[size] = plan
    return plan
  }

  /// What a plan is made for.
  private struct PlanSize: Hashable {
    let side: Int
    let count: Int
  }

  private var isSaveDue: Bool {
    if let steps = configuration.checkpointSteps, progress.batch % steps == 0 { return true }
    return Self.now() - lastSave >= configuration.checkpointSeconds
  }

  private func save(exchanged: Bool = false) throws {
    let checkpoint = checkpoint(exchanged: exchanged)
    // The last step may have overflowed, which the next one's loss would tell: what was saved before stays.
    guard checkpoint.arrays.values.allSatisfy(\.isFinite) else {
      throw diverged(
        "a weight is infinite or not a number", batch: max(progress.batch, 1) - 1,
        rate: Float(progress.lastRate))
    }
    try checkpoint.write(to: folder.checkpoint)
    lastSave = Self.now()
  }

  private func reportStep(rate: Float) {
    let seconds = max(Self.now() - pace.start, 1e-9)
    let speed = Double(pace.images) / seconds
    report(
      .step(
        StepReport(
          epoch: progress.epoch, epochs: configuration.epochs, batch: progress.batch,
          batches: batches.batchCount, loss: progress.total.loss,
          accuracy: progress.total.accuracy, learningRate: rate, imagesPerSecond: speed,
          epochSecondsLeft: Double(data.training.count - progress.total.count) / speed)))
  }

  private func diverged(_ what: String, batch: Int, rate: Float) -> EmojifyError {
    .badData(
      "epoch \(progress.epoch + 1), batch \(batch + 1): \(what) at learning rate \(rate); training "
        + "stops, what \(folder.url.relativePath) holds is kept; a lower learning rate or a limit on "
        + "the gradients' norm may help")
  }

  /// Models and history before anything that only changes how the run goes on.
  private static func callbacks(_ configuration: TrainingConfiguration) -> [any TrainingCallback] {
    var callbacks: [any TrainingCallback] = [ModelKeeper(), HistoryWriter()]
    if let patience = configuration.earlyStopping {
      callbacks.append(EarlyStopping(patience: patience))
    }
    if configuration.schedule.kind == .plateau || configuration.plateau != nil {
      callbacks.append(PlateauReducer(configuration.plateau ?? PlateauRule()))
    }
    return callbacks
  }

  private static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

  /// The first key of the draws of a step, which belong to dropout.
  private static let stepStream: UInt64 = 0x57E9
}

extension ParameterBlock {
  /// The block of a network, its padding included.
  public init(_ network: Network) {
    let parameters = network.parameters.filter(\.isTrainable)
    let starts = parameters.map { $0.value.base - network.values.base } + [network.trainableCount]
    self.init(
      values: network.values, gradients: network.gradients,
      parameters: parameters.indices.map {
        (count: starts[$0 + 1] - starts[$0], decays: parameters[$0].decays)
      })
  }
}
