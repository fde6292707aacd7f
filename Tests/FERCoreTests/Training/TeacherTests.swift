import Foundation
import Testing

@testable import FERCore

@Suite struct TeacherTests {
  private static let names = ["a", "b", "c"]

  private func withTeachers(_ body: ([String]) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let files = try [UInt64(1), 2].map { seed in
        let url = folder.appendingPathComponent("teacher\(seed).h5")
        try KerasFormat.write(
          TrainerTests.network(seed: seed), metadata: ModelMetadata(labels: Self.names), to: url)
        return url.path
      }
      try body(files)
    }
  }

  @Test func aTargetIsTheLabelAndTheTeachersMeanAnswer() throws {
    try withTeachers { files in
      let faces = TrainerTests.dataset()
      let pool = WorkerPool(threads: 2)
      let pupil = try TrainerTests.network(seed: 9)
      let teacher = try Teacher(
        Distillation(teachers: files).networks(classNames: Self.names, inputShape: [12, 12, 1]),
        share: 0.6, sides: [12], counts: [8], pool: pool)
      let plan = BatchPlan(dataset: faces, indices: Array(0..<8), batchSize: 8, seed: 1)
      let loader = BatchLoader(plan: plan, epochs: 0..<1)
      let batch = try #require(loader.next())
      let mine = ExecutionPlan(network: pupil, batchSize: 8, mode: .training, pool: pool)
      let blended = teacher.blend(batch, borrowing: mine)
      #expect(blended.shape == [8, 3])

      let order = plan.order(epoch: 0)
      let answers = try files.map {
        try Predictor(network: KerasFormat.read(URL(fileURLWithPath: $0)).network, pool: pool)
          .predict(pixels: faces.pixels, indices: order)
      }
      for (row, image) in order.enumerated() {
        for k in 0..<3 {
          let label: Float = Int(faces.labels[image]) == k ? 1 : 0
          let expected = 0.4 * label + 0.3 * (answers[0][row][k] + answers[1][row][k])
          #expect(abs(blended.base[row * 3 + k] - expected) < 1e-5)
        }
      }
    }
  }

  /// Asked once, they say what they say of the image and its mirror image; images that validate stay as they are.
  @Test func teachersAskedOnceSeeEachImageAndItsMirrorImage() throws {
    try withTeachers { files in
      var configuration = TrainerTests.configuration()
      configuration.distillation = Distillation(teachers: files, share: 0.6, asksOnce: true)
      let faces = TrainerTests.dataset()
      let data = try TrainingData(faces, configuration)
      let pool = WorkerPool(threads: 2)
      var told: [Int] = []
      let distillation = try #require(configuration.distillation)
      let networks = try distillation.networks(classNames: Self.names, inputShape: [12, 12, 1])
      let answered = distillation.targets(of: networks, for: data, pool: pool) {
        told.append($0)
        #expect($1 == 2 * data.training.count)
      }
      #expect(told.last == 2 * data.training.count)
      let targets = try #require(answered)
      for image in faces.labels.indices {
        let pixels = faces.image(image)
        let rows = (0..<12).map { pixels[$0 * 12..<$0 * 12 + 12] }
        let mirrored = rows.flatMap { $0.reversed() }
        let answers = networks.flatMap {
          Predictor(network: $0, pool: pool).predict(images: [pixels, mirrored])
        }
        for k in 0..<3 {
          let label: Float = Int(faces.labels[image]) == k ? 1 : 0
          let sum: Float = answers.reduce(0) { $0 + $1[k] }
          let learned: Float = 0.4 * label + 0.15 * sum
          let expected: Float = data.training.contains(image) ? learned : label
          #expect(abs(targets[image * 3 + k] - expected) < 1e-5)
        }
      }
    }
  }

  /// Where the pupil sees 6 pixels, a teacher of 12 sees them enlarged, not its own layers over 6 pixels.
  @Test func aTeacherSeesSmallImagesInItsOwnSize() throws {
    try withTeachers { files in
      let faces = TrainerTests.dataset()
      let pool = WorkerPool(threads: 2)
      let pupil = try NetworkBuilder.sequential(
        name: "pupil", inputShape: [12, 12, 1], seed: 9,
        [
          (nil, Conv2D(filters: 3, kernelSize: 3)), (nil, GlobalAveragePooling2D()),
          (nil, Activation(.softmax)),
        ])
      let teacher = try Teacher(
        Distillation(teachers: [files[0]])
          .networks(classNames: Self.names, inputShape: [12, 12, 1]),
        share: 1, sides: [6, 12], counts: [8], pool: pool)
      let plan = BatchPlan(
        dataset: faces, indices: Array(0..<8), batchSize: 8, seed: 1, smallerSides: [6])
      let loader = BatchLoader(plan: plan, epochs: 0..<1)
      let batch = try #require(loader.next())
      #expect(batch.images.shape == [8, 6, 6, 1])
      let network = try KerasFormat.read(URL(fileURLWithPath: files[0])).network
      let whole = ExecutionPlan(network: network, batchSize: 8, mode: .inference, pool: pool)
      for image in 0..<8 {
        for y in 0..<12 {
          for x in 0..<12 {
            // Pixel centres of 12 among those of 6, as Keras' Resizing has them.
            let (v, u) = (
              min(max(Double(y) / 2 - 0.25, 0), 5), min(max(Double(x) / 2 - 0.25, 0), 5)
            )
            let (top, left) = (min(Int(v), 4), min(Int(u), 4))
            let (down, right) = (v - Double(top), u - Double(left))
            func pixel(_ dy: Int, _ dx: Int) -> Double {
              Double(batch.images.base[(image * 6 + top + dy) * 6 + left + dx])
            }
            let upper = pixel(0, 0) * (1 - right) + pixel(0, 1) * right
            let lower = pixel(1, 0) * (1 - right) + pixel(1, 1) * right
            whole.input.base[(image * 12 + y) * 12 + x] = Float(upper * (1 - down) + lower * down)
          }
        }
      }
      whole.forward()
      let mine = ExecutionPlan(
        network: try pupil.resized(to: [6, 6, 1]), batchSize: 8, mode: .training, pool: pool)
      let blended = teacher.blend(batch, borrowing: mine)
      for place in 0..<24 {
        #expect(abs(blended.base[place] - whole.output.base[place]) < 1e-4)
      }
    }
  }

  /// Classes are known by their names, whatever their order.
  @Test func aTeachersClassesMayComeInAnotherOrder() throws {
    try withTeachers { files in
      let faces = TrainerTests.dataset()
      let images = (0..<4).map(faces.image)
      let pool = WorkerPool(threads: 1)
      let networks = try Distillation(teachers: files)
        .networks(classNames: ["c", "a", "b"], inputShape: [12, 12, 1])
      for (file, network) in zip(files, networks) {
        let own = try Predictor(
          network: KerasFormat.read(URL(fileURLWithPath: file)).network, pool: pool
        )
        .predict(images: images)
        let answers = Predictor(network: network, pool: pool).predict(images: images)
        for (answer, own) in zip(answers, own) {
          for (place, other) in [2, 0, 1].enumerated() {
            #expect(abs(answer[place] - own[other]) < 1e-6)
          }
        }
      }
    }
  }

  @Test func aTeacherThatDoesNotSayItsClassesIsNamed() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("mute.h5")
      try KerasFormat.write(
        TrainerTests.network(), metadata: ModelMetadata(labels: [], inputRange: .raw), to: file)
      #expect(
        throws: EmojifyError.badData(
          "\(file.path): does not say what its 3 outputs mean: 'emojify model adopt --labels' keeps it, "
            + "'emojify model calibrate' finds it out")
      ) {
        try Distillation(teachers: [file.path])
          .networks(classNames: Self.names, inputShape: [12, 12, 1])
      }
    }
  }

  @Test func aTeacherOfOtherClassesIsRefused() throws {
    try withTeachers { files in
      var configuration = TrainerTests.configuration()
      configuration.distillation = Distillation(teachers: files)
      let faces = TrainerTests.dataset()
      let others = FaceDataset(
        side: 12, pixels: faces.pixels, labels: faces.labels, splits: faces.splits,
        classNames: ["c", "b", "x"])
      try withTemporaryFolder { parent in
        let error = #expect(throws: EmojifyError.self) {
          _ = try Trainer(
            network: TrainerTests.network(), configuration: configuration,
            data: TrainingData(others, configuration),
            folder: RunFolder.create(at: parent.appendingPathComponent("run")),
            pool: WorkerPool(threads: 1))
        }
        #expect(
          error?.description == "\(files[0]): tells a, b, c from images of [12, 12, 1], expected a "
            + "teacher of c, b, x and [12, 12, 1]")
      }
    }
  }

  /// What lies beside a teacher holds as for every command: here 0 to 1, so a layer scales.
  @Test func aTeachersFactsAreObserved() throws {
    try withTeachers { files in
      let file = URL(fileURLWithPath: files[0])
      let plain = try Distillation(teachers: [files[0]])
        .networks(classNames: Self.names, inputShape: [12, 12, 1])[0]
      _ = try ModelFacts(inputRange: .unit).write(beside: file)
      let scaled = try Distillation(teachers: [files[0]])
        .networks(classNames: Self.names, inputShape: [12, 12, 1])[0]
      let pool = WorkerPool(threads: 1)
      let (one, other) = (
        ExecutionPlan(network: plain, batchSize: 1, mode: .inference, pool: pool),
        ExecutionPlan(network: scaled, batchSize: 1, mode: .inference, pool: pool)
      )
      for place in 0..<144 {
        other.input.base[place] = Float(place)
        one.input.base[place] = Float(place) / 255
      }
      one.forward()
      other.forward()
      for place in 0..<3 { #expect(abs(one.output.base[place] - other.output.base[place]) < 1e-5) }
      _ = try ModelFacts(labels: ["c", "b", "d"]).write(beside: file)
      #expect(throws: EmojifyError.self) {
        _ = try Distillation(teachers: [files[0]])
          .networks(classNames: Self.names, inputShape: [12, 12, 1])
      }
    }
  }

  @Test(arguments: [false, true]) func aPupilResumesToTheSameBits(asksOnce: Bool) throws {
    try withTeachers { files in
      var configuration = TrainerTests.configuration()
      configuration.distillation = Distillation(teachers: files, asksOnce: asksOnce ? true : nil)
      try withTemporaryFolder { parent in
        let whole = try TrainerTests.trainer(
          configuration, in: RunFolder.create(at: parent.appendingPathComponent("whole")))
        #expect(try whole.run() == .finished)
        let folder = try RunFolder.create(at: parent.appendingPathComponent("cut"))
        let stop = StopRequest()
        let cut = try TrainerTests.trainer(configuration, in: folder, stopRequest: stop) { event in
          if case .step(let step) = event, step.epoch == 1, step.batch == 3 { stop.request() }
        }
        #expect(try cut.run() == .interrupted)
        let kept = try TrainingConfiguration(reading: folder.configuration)
        #expect(kept.distillation?.fingerprints?.count == 2)
        let resumed = try TrainerTests.trainer(kept, in: folder)
        try resumed.restore()
        #expect(try resumed.run() == .finished)
        #expect(TrainerTests.bits(resumed) == TrainerTests.bits(whole))

        // Another network under the same name would teach something else.
        try KerasFormat.write(
          TrainerTests.network(seed: 3), metadata: ModelMetadata(labels: Self.names),
          to: URL(fileURLWithPath: files[1]))
        let error = #expect(throws: EmojifyError.self) {
          _ = try TrainerTests.trainer(kept, in: folder)
        }
        #expect(error?.exitCode == 65)
        #expect(error?.description.contains("teacher2.h5: is not the teacher") == true)
      }
    }
  }

  /// Who stops while the teachers are asked has a run that can go on.
  @Test func askingCanBeInterrupted() throws {
    try withTeachers { files in
      var configuration = TrainerTests.configuration()
      configuration.distillation = Distillation(teachers: files, asksOnce: true)
      try withTemporaryFolder { parent in
        let folder = try RunFolder.create(at: parent.appendingPathComponent("run"))
        let stop = StopRequest()
        var steps = 0
        let cut = try TrainerTests.trainer(configuration, in: folder, stopRequest: stop) { event in
          if case .askingTeachers = event { stop.request() }
          if case .step = event { steps += 1 }
        }
        #expect(try cut.run() == .interrupted)
        #expect(steps == 0 && RunFolder.isRun(folder.url))
        let resumed = try TrainerTests.trainer(
          TrainingConfiguration(reading: folder.configuration), in: folder)
        try resumed.restore()
        #expect(try resumed.run() == .finished)
      }
    }
  }

  /// With nothing but a teacher that knows, labels that are all wrong do no harm.
  @Test(arguments: [false, true]) func thePupilLearnsFromTheTeacherAlone(asksOnce: Bool) throws {
    try withTemporaryFolder { parent in
      var configuration = TrainerTests.configuration()
      configuration.epochs = 40
      configuration.augmentation = .none
      configuration.averageDecay = nil
      configuration.plateau = nil
      configuration.labelSmoothing = 0
      let taught = try RunFolder.create(at: parent.appendingPathComponent("teacher"))
      let first = try TrainerTests.trainer(configuration, in: taught)
      #expect(try first.run() == .finished)

      let faces = TrainerTests.dataset()
      let wrong = FaceDataset(
        side: 12, pixels: faces.pixels,
        labels: faces.labels.indices.map {
          faces.splits[$0] == .training ? (faces.labels[$0] + 1) % 3 : faces.labels[$0]
        }, splits: faces.splits, classNames: faces.classNames)
      configuration.distillation = Distillation(
        teachers: [taught.last.path], share: 1, asksOnce: asksOnce)
      let pupil = try Trainer(
        network: TrainerTests.network(seed: 8), configuration: configuration,
        data: TrainingData(wrong, configuration),
        folder: RunFolder.create(at: parent.appendingPathComponent("pupil")),
        pool: WorkerPool(threads: 2))
      #expect(try pupil.run() == .finished)
      #expect(try #require(pupil.session.best).validationAccuracy > 0.9)
    }
  }
}
