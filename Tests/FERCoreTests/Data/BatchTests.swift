import Testing

@testable import FERCore

@Suite struct BatchTests {
  /// 53 faces of 8 x 8 noise.
  private let faces: FaceDataset = {
    var random = SeededRandom(seed: 1)
    return FaceDataset(
      side: 8, pixels: (0..<53 * 64).map { _ in UInt8(random.integer(below: 256)) },
      labels: (0..<53).map { UInt8($0 % 7) },
      splits: [FaceDataset.Split](repeating: .training, count: 53))
  }()

  private func plan(_ augmentation: Augmentation = .strong, batchSize: Int = 10) -> BatchPlan {
    BatchPlan(
      dataset: faces, indices: Array(0..<53), batchSize: batchSize, augmentation: augmentation,
      seed: 7)
  }

  private func fill(_ plan: BatchPlan, epoch: Int, batch: Int) -> (
    images: [Float], targets: [Float]
  ) {
    var images = [Float](repeating: -1, count: plan.batchSize * 64)
    var targets = [Float](repeating: -1, count: plan.batchSize * 7)
    let count = plan.fill(epoch: epoch, batch: batch, images: &images, targets: &targets)
    return (Array(images.prefix(count * 64)), Array(targets.prefix(count * 7)))
  }

  @Test func anEpochHasEveryImageOnceInAnOrderOfItsOwn() {
    let plan = plan()
    #expect(plan.batchCount == 6)
    #expect(plan.order(epoch: 0).sorted() == Array(0..<53))
    #expect(plan.order(epoch: 0) != plan.order(epoch: 1))
    #expect(plan.order(epoch: 1) == plan.order(epoch: 1))
    let still = BatchPlan(
      dataset: faces, indices: [5, 3, 9], batchSize: 2, seed: 7, shuffles: false)
    #expect(still.order(epoch: 4) == [5, 3, 9])
  }

  @Test func plainBatchesAreTheImagesAndOneHotLabels() {
    let plan = plan(.none)
    let order = plan.order(epoch: 2)
    let (images, targets) = fill(plan, epoch: 2, batch: 5)  // the last: 3 images
    #expect(images == order[50...].flatMap { faces.image($0).map(Float.init) })
    #expect(
      targets
        == order[50...].flatMap { image in
          (0..<7).map { $0 == Int(faces.labels[image]) ? Float(1) : 0 }
        })
  }

  @Test func softTargetsStandForLabels() {
    let soft = (0..<371).map { Float($0) / 371 }
    let plan = BatchPlan(
      dataset: faces, indices: Array(0..<53), batchSize: 10, seed: 7, softTargets: soft)
    let expected = plan.order(epoch: 2)[50...].flatMap { soft[$0 * 7..<$0 * 7 + 7] }
    #expect(fill(plan, epoch: 2, batch: 5).targets == expected)
  }

  @Test func anImageIsVariedAlikeWhateverBatchItIsIn() throws {
    let small = plan(batchSize: 1)
    let large = plan(batchSize: 53)
    let all = fill(large, epoch: 3, batch: 0).images
    for batch in [0, 17, 52] {
      #expect(
        fill(small, epoch: 3, batch: batch).images == Array(all[batch * 64..<batch * 64 + 64]))
    }
    // Another epoch varies it differently.
    let image = large.order(epoch: 3)[0]
    let place = try #require(large.order(epoch: 4).firstIndex(of: image))
    let later = fill(large, epoch: 4, batch: 0).images[place * 64..<place * 64 + 64]
    #expect(Array(later) != Array(all[..<64]))
  }

  @Test func theLastEpochsMixNothing() {
    var mixing = Augmentation.none
    mixing.mixupAlpha = 0.4
    let plan = BatchPlan(
      dataset: faces, indices: Array(0..<53), batchSize: 10, augmentation: mixing, seed: 7,
      mixingEpochs: 2)
    let isMixed = { (epoch: Int) in
      fill(plan, epoch: epoch, batch: 0).targets.contains { $0 != 0 && $0 != 1 }
    }
    #expect([0, 1, 2, 3].map(isMixed) == [true, true, false, false])
  }

  @Test func mixupMixesImagesAndTargetsAlike() {
    var mixing = Augmentation.none
    mixing.mixupAlpha = 0.4
    let mixed = plan(mixing)
    let (images, targets) = fill(mixed, epoch: 0, batch: 0)
    let plain = fill(plan(.none), epoch: 0, batch: 0)
    for sample in 0..<10 {
      let row = targets[sample * 7..<sample * 7 + 7]
      #expect(abs(row.reduce(0, +) - 1) < 1e-6)
      // The weight shows in the targets unless both are of one class.
      let own = (0..<7).first { plain.targets[sample * 7 + $0] == 1 } ?? 0
      let other = (0..<7).first { plain.targets[(9 - sample) * 7 + $0] == 1 } ?? 0
      guard own != other else { continue }
      let weight = row[row.startIndex + own]
      for pixel in 0..<64 {
        let expected =
          plain.images[sample * 64 + pixel] * weight
          + plain.images[(9 - sample) * 64 + pixel] * (1 - weight)
        #expect(abs(images[sample * 64 + pixel] - expected) < 1e-2)
      }
    }
  }

  @Test(arguments: [(2, 1), (3, 1), (4, 3), (50, 8)])
  func theLoaderGivesThePlansBatches(buffers: Int, workers: Int) {
    let plan = plan()
    let loader = BatchLoader(
      plan: plan, epochs: 1..<4, firstBatch: 4, buffers: buffers, workers: workers)
    var seen = 0
    while let batch = loader.next() {
      let position = 4 + seen
      #expect(batch.epoch == 1 + position / 6 && batch.index == position % 6)
      #expect(batch.count == (position % 6 == 5 ? 3 : 10))
      let expected = fill(plan, epoch: batch.epoch, batch: batch.index)
      #expect(Array(batch.images.elements) == expected.images)
      #expect(Array(batch.targets.elements) == expected.targets)
      seen += 1
    }
    #expect(seen == 14)
    #expect(loader.next() == nil)
  }

  @Test func aLoaderMayBeLeftEarlyAndMayBeEmpty() {
    for _ in 0..<50 {
      let loader = BatchLoader(plan: plan(), epochs: 0..<100, workers: 2)
      _ = loader.next()
    }
    #expect(BatchLoader(plan: plan(), epochs: 3..<3).next() == nil)
    let nothing = BatchPlan(dataset: faces, indices: [], batchSize: 4, seed: 1)
    #expect(BatchLoader(plan: nothing, epochs: 0..<3).next() == nil)
  }
}
