import Foundation
import Testing

@testable import FERCore

/// A run's checkpoint as a model of Keras with what the optimizer remembers. That Keras goes on from it as we do is for
/// `continue_in_keras.py`; here the numbers are held against the checkpoint's, wherever they have to stand.
@Suite struct StoppedRunTests {
  /// Ends one epoch and stops in the next, so that the checkpoint is of other weights than the saved models.
  private func stopped(
    _ kind: OptimizerConfiguration.Kind, momentum: Float = 0.9, frozen: [String] = [],
    in parent: URL
  ) throws -> RunFolder {
    var configuration = TrainerTests.configuration()
    configuration.optimizer = OptimizerConfiguration(kind: kind, weightDecay: 0.01)
    configuration.optimizer.momentum = momentum
    configuration.schedule = LearningRateSchedule(kind: .cosine)
    var network = try TrainerTests.network()
    if !frozen.isEmpty {
      configuration.start = StartingPoint(weights: "start.h5")
      configuration.start?.frozen = frozen
      network = try network.freezing(frozen)
    }
    let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
    let stop = StopRequest()
    let trainer = try Trainer(
      network: network, configuration: configuration,
      data: TrainingData(TrainerTests.dataset(), configuration), folder: folder,
      pool: WorkerPool(threads: 2), stopRequest: stop
    ) { event in
      if case .step(let step) = event, step.epoch == 1, step.batch == 3 { stop.request() }
    }
    #expect(try trainer.run() == .interrupted)
    return folder
  }

  /// The run's checkpoint, what is read of it, and the model that was written of that beside the run.
  private func converted(
    _ folder: RunFolder, _ name: String
  ) throws -> (saved: Checkpoint, run: StoppedRun, target: URL) {
    let run = try StoppedRun(checkpoint: folder.checkpoint)
    let target = folder.url.deletingLastPathComponent().appendingPathComponent(name)
    try KerasFormat.write(
      run.network, metadata: run.metadata, to: target, optimizer: run.optimizer)
    return (try Checkpoint(reading: folder.checkpoint), run, target)
  }

  /// What the checkpoint has for each parameter that learns, cut out of its arrays: each begins at a multiple of 16.
  private func cut(_ array: String, _ saved: Checkpoint, _ shapes: [Shape]) throws -> [[Float]] {
    let buffer = try #require(saved.arrays[array])
    var start = 0
    return shapes.map { shape in
      defer { start += (shape.count + 15) / 16 * 16 }
      return (0..<shape.count).map { buffer.base[start + $0] }
    }
  }

  private static let shapes: [Shape] = [[3, 3, 1, 8], [8], [8], [8], [200, 3], [3]]
  private static let names = [
    "conv2d/kernel", "conv2d/bias", "batch_normalization/gamma", "batch_normalization/beta",
    "dense/kernel", "dense/bias",
  ]

  @Test func keras2HasItParameterByParameterForAdamW() throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.adamw, in: parent)
      let (saved, run, target) = try converted(folder, "on.h5")
      let file = try HDF5File(reading: target)
      let root = "optimizer_weights"
      let names = try #require(try file.strings("weight_names", of: root))
      #expect(
        names == ["iteration:0"] + Self.names.flatMap { ["AdamW/\($0)/m:0", "AdamW/\($0)/v:0"] })
      #expect(try file.shape(of: "\(root)/iteration:0") == [])
      #expect(try file.readIntegers("\(root)/iteration:0") == [10])
      let moments = try [
        cut("optimizer_momentum", saved, Self.shapes),
        cut("optimizer_velocity", saved, Self.shapes),
      ]
      for (place, name) in names.dropFirst().enumerated() {
        #expect(try file.shape(of: "\(root)/\(name)") == Self.shapes[place / 2])
        let stored = try file.readFloats("\(root)/\(name)").elements
        #expect(stored == moments[place % 2][place / 2], "\(name)")
        #expect(stored.contains { $0 != 0 })
      }
      // The network as the optimizer left it, not as last.h5 has it.
      let kernel = "model_weights/dense/dense/kernel:0"
      let own = try file.readFloats(kernel).elements
      #expect(own == (try cut("values", saved, Self.shapes))[4])
      #expect(own != (try HDF5File(reading: folder.last).readFloats(kernel).elements))
      #expect(run.metadata.scores == nil && run.metadata.labels == ["a", "b", "c"])
      let rate = try #require(run.metadata.training?.settings["learning_rate"]?.doubleValue)
      #expect(Float(rate) == Float(try #require(saved.numbers["progress"])[1]))
    }
  }

  @Test func keras2HasItArrayByArrayForAdam() throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.adam, in: parent)
      let (saved, _, target) = try converted(folder, "on.h5")
      let file = try HDF5File(reading: target)
      let names = try #require(try file.strings("weight_names", of: "optimizer_weights"))
      #expect(
        names == ["iter:0"] + Self.names.map { "Adam/\($0)/m:0" }
          + Self.names.map { "Adam/\($0)/v:0" })
      let moments =
        try cut("optimizer_momentum", saved, Self.shapes)
        + cut("optimizer_velocity", saved, Self.shapes)
      for (name, expected) in zip(names.dropFirst(), moments) {
        #expect(try file.readFloats("optimizer_weights/\(name)").elements == expected, "\(name)")
      }
    }
  }

  @Test func keras3HasItByNumber() throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.adam, in: parent)
      let (saved, _, target) = try converted(folder, "on.keras")
      let moments = try [
        cut("optimizer_momentum", saved, Self.shapes),
        cut("optimizer_velocity", saved, Self.shapes),
      ]
      try KerasArchive.read(target) { _, _, file in
        #expect(try file.links(in: "optimizer/vars").count == 14)
        #expect(try file.readIntegers("optimizer/vars/0") == [10])
        #expect(try file.shape(of: "optimizer/vars/1") == [])
        let rate = try file.readFloats("optimizer/vars/1").elements[0]
        #expect(rate == Float(try #require(saved.numbers["progress"])[1]))
        for place in 0..<12 {
          let stored = try file.readFloats("optimizer/vars/\(place + 2)").elements
          #expect(stored == moments[place % 2][place / 2], "\(place)")
        }
      }
    }
  }

  @Test(arguments: [Float(0.9), 0])
  func descentHasVelocitiesWhereItHasMomentum(momentum: Float) throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.sgd, momentum: momentum, in: parent)
      let (saved, _, target) = try converted(folder, "on.h5")
      let file = try HDF5File(reading: target)
      let names = try #require(try file.strings("weight_names", of: "optimizer_weights"))
      #expect(
        names == ["iter:0"] + (momentum > 0 ? Self.names.map { "SGD/\($0)/momentum:0" } : []))
      let velocities = try cut("optimizer_velocity", saved, Self.shapes)
      for (name, expected) in zip(names.dropFirst(), velocities) {
        #expect(try file.readFloats("optimizer_weights/\(name)").elements == expected, "\(name)")
      }
      // JSON makes 0.0 an integer, which Keras 3 refuses.
      let said = try #require(try file.string("training_config"))
      #expect(said.contains("momentum") == (momentum > 0))
    }
  }

  @Test func whatIsFrozenIsFrozenInKeras() throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.adam, frozen: ["conv2d", "batch*"], in: parent)
      let (saved, _, target) = try converted(folder, "on.keras")
      let graph = try KerasArchive.read(target) { config, _, file in
        #expect(try file.links(in: "optimizer/vars").count == 6)
        #expect(
          try file.readFloats("optimizer/vars/2").elements
            == cut("optimizer_momentum", saved, Array(Self.shapes.suffix(2)))[0])
        return try KerasGraphReader.graph(parsing: config, file: "")
      }
      let still = graph.nodes.filter { !$0.address.isTrainable }.map(\.name)
      #expect(still == ["conv2d", "batch_normalization"])
    }
  }

  /// Two branches of the same shapes, which a file has in another order than the network: each keeps its own weights and
  /// what the optimizer remembers of them.
  @Test func branchesAreNotMixedUp() throws {
    try withTemporaryFolder { parent in
      var builder = NetworkBuilder(name: "forked", inputShape: [12, 12, 1])
      var branches: [NetworkBuilder.Handle] = []
      for name in ["later", "sooner"] {
        let x = try builder.add(
          Conv2D(filters: 4, kernelSize: 3, activation: .relu), name: name, to: builder.input)
        branches.append(x)
      }
      let sum = try builder.add(Add(), to: branches[1], branches[0])
      let flat = try builder.add(GlobalAveragePooling2D(), to: sum)
      let output = try builder.add(Activation(.softmax), to: builder.add(Dense(units: 3), to: flat))
      let network = try builder.build(output: output, seed: 5)
      var configuration = TrainerTests.configuration()
      configuration.epochs = 2
      configuration.averageDecay = nil
      let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
      let trainer = try Trainer(
        network: network, configuration: configuration,
        data: TrainingData(TrainerTests.dataset(), configuration), folder: folder,
        pool: WorkerPool(threads: 2))
      _ = try trainer.run()
      let run = try StoppedRun(checkpoint: folder.checkpoint)
      let saved = try Checkpoint(reading: folder.checkpoint)
      #expect(saved.parameters[0] == "later/kernel [3, 3, 1, 4]")
      for name in ["later", "sooner"] {
        let own = try #require(network.node(named: name)?.layer?.parameters)
        let read = try #require(run.network.node(named: name)?.layer?.parameters)
        #expect(
          own.map { Array($0.value.elements) } == read.map { Array($0.value.elements) }, "\(name)")
        let place = try #require(saved.parameters.firstIndex(of: "\(name)/kernel [3, 3, 1, 4]"))
        let moments = try cut(
          "optimizer_momentum", saved, network.parameters.filter(\.isTrainable).map(\.shape))[place]
        #expect(run.optimizer.arrays[name]?[0][0].elements == moments, "\(name)")
      }
    }
  }

  /// Of runs begun before checkpoints named layers.
  @Test func parametersWithoutLayersAreKnownByTheirShapes() throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.adam, in: parent)
      var saved = try Checkpoint(reading: folder.checkpoint)
      saved.parameters = saved.parameters.map { String($0.split(separator: "/")[1]) }
      #expect(saved.parameters[0] == "kernel [3, 3, 1, 8]")
      try saved.write(to: folder.checkpoint)
      #expect(try StoppedRun(checkpoint: folder.checkpoint).optimizer.steps == 10)
      let trainer = try TrainerTests.trainer(TrainerTests.configuration(), in: folder)
      try trainer.restore()
      #expect(trainer.progress.epoch == 1)
    }
  }

  /// What an optimizer remembers has room for the parameters that learn alone: an order that puts another among them would
  /// be read beyond its end.
  @Test func anOrderInWhichLearningParametersDoNotComeFirstIsRefused() throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.adam, in: parent)
      var saved = try Checkpoint(reading: folder.checkpoint)
      let learned = try TrainerTests.network().parameters.count(where: \.isTrainable)
      #expect(learned < saved.parameters.count)
      saved.parameters.swapAt(0, 1)
      try saved.write(to: folder.checkpoint)
      #expect(try StoppedRun(checkpoint: folder.checkpoint).optimizer.steps == 10)
      saved.parameters.swapAt(0, learned)
      try saved.write(to: folder.checkpoint)
      let error = try #require(throws: EmojifyError.self) {
        _ = try StoppedRun(checkpoint: folder.checkpoint)
      }
      #expect(error.description.contains("is of another network"))
    }
  }

  // MARK: The command

  @Test func theCommandConvertsACheckpoint() throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.adamw, in: parent)
      let first = try Binary.run("model", "convert", "run/checkpoint.h5", "on.keras", in: parent)
      #expect(first.exitCode == 0 && first.output == "")
      #expect(
        first.errors == "wrote on.keras: 715 parameters, and what AdamW remembers of 10 steps\n")
      // From form to form nothing of it changes.
      let second = try Binary.run("model", "convert", "on.keras", "on.h5", in: parent)
      #expect(second.errors.hasSuffix("what AdamW remembers of 10 steps\n"), "\(second.errors)")
      let run = try StoppedRun(checkpoint: folder.checkpoint)
      for name in ["on.keras", "on.h5"] {
        let file = parent.appendingPathComponent(name)
        let (network, metadata) = try KerasFormat.read(file)
        #expect(metadata == run.metadata)
        #expect(
          Checkpoint.parameters(of: network) == Checkpoint.parameters(of: run.network))
        guard case .state(let state) = try KerasFormat.storedOptimizer(in: file, metadata.training)
        else {
          Issue.record("\(name) has no state")
          continue
        }
        #expect(state.steps == 10)
        #expect(
          state.arrays.mapValues { $0.map { $0.map(\.elements) } }
            == run.optimizer.arrays.mapValues { $0.map { $0.map(\.elements) } })
      }
      // Neither the checkpoint nor the model whose layers it has gives way.
      for file in [folder.checkpoint, folder.last] {
        let before = try Data(contentsOf: file)
        let name = "run/" + file.lastPathComponent
        let refused = try Binary.run("model", "convert", "run/checkpoint.h5", name, in: parent)
        #expect(refused.exitCode == 64 && refused.errors.contains("\(name) is to be read"))
        #expect(try Data(contentsOf: file) == before)
      }
      let half = try Binary.run(
        "model", "convert", "run/checkpoint.h5", "half.h5", "--half", in: parent)
      #expect(half.errors.contains("left out what the optimizer remembers: the weights change"))
      #expect(half.exitCode == 0 && half.errors.hasSuffix("wrote half.h5: 715 parameters\n"))
      // The layers are best.h5's where last.h5 is gone.
      try FileManager.default.removeItem(at: folder.last)
      let again = try Binary.run("model", "convert", "run/checkpoint.h5", "again.h5", in: parent)
      #expect(again.exitCode == 0, "\(again.errors)")
      let same = try Binary.run("model", "diff", "on.h5", "again.h5", in: parent)
      #expect(same.exitCode == 0, "\(same.output)")
    }
  }

  @Test func whatIsMissingOrDoesNotFitIsNamed() throws {
    try withTemporaryFolder { parent in
      let folder = try stopped(.adamw, in: parent)
      let convert = { (expected: Int32, part: String) in
        let run = try Binary.run("model", "convert", "run/checkpoint.h5", "on.h5", in: parent)
        #expect(run.exitCode == expected, "\(run.errors)")
        #expect(run.errors.contains(part), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        let made = parent.appendingPathComponent("on.h5").path
        #expect(!FileManager.default.fileExists(atPath: made))
      }
      let said = try Binary.run(
        "model", "convert", "run/checkpoint.h5", "on.h5", "--architecture", "fast", in: parent)
      #expect(said.exitCode == 64 && said.errors.contains("the model beside it"))

      let checkpoint = try Data(contentsOf: folder.checkpoint)
      try checkpoint.prefix(checkpoint.count / 2).write(to: folder.checkpoint)
      try convert(65, "run/checkpoint.h5: damaged or truncated HDF5 file")
      var saved = Checkpoint(parameters: ["kernel [3, 3]"])
      let one = FloatBuffer(count: 1)
      saved.arrays["values"] = one
      saved.numbers["progress"] = [0, 0, 1]
      saved.counters["progress"] = [Int](repeating: 1, count: 8)
      try saved.write(to: folder.checkpoint)
      try convert(
        65,
        "is of another network than run/last.h5: it has 'kernel [3, 3]', there it is 'conv2d/kernel ["
      )
      saved.parameters = Checkpoint.parameters(of: try TrainerTests.network())
      try saved.write(to: folder.checkpoint)
      try convert(65, "'arrays/values' has 1 elements, the run expects")

      try checkpoint.write(to: folder.checkpoint)
      try FileManager.default.removeItem(at: folder.configuration)
      try convert(66, "run/config.json: cannot read: No such file")
      try FileManager.default.removeItem(at: folder.last)
      try FileManager.default.removeItem(at: folder.best)
      try convert(66, "last.h5 or best.h5 beside it")
    }
  }
}
