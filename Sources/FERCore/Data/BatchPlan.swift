/// Which images come in which batch, and how they are varied: a function of (seed, epoch, batch)
/// alone.
///
/// Every draw is keyed by what it is for, not by when it happens, so a resumed run and one on any
/// number of threads see the same bits.
public struct BatchPlan: Sendable {
  public let dataset: FaceDataset
  /// The images of an epoch, by their place in the data set.
  public let indices: [Int]
  /// What each image of the data set is to be called, `[images, classes]`; nil: what its label says.
  public internal(set) var softTargets: [Float]?
  public let batchSize: Int
  public let augmentation: Augmentation
  public let seed: UInt64
  /// Pixels along an edge in the first epochs; behind them images keep their size.
  public let smallerSides: [Int]
  /// How many epochs mix images, where `augmentation` says so at all.
  public let mixingEpochs: Int
  /// Whether every epoch has an order of its own, or that of `indices`.
  public let shuffles: Bool

  public init(
    dataset: FaceDataset, indices: [Int], batchSize: Int, augmentation: Augmentation = .none,
    seed: UInt64, smallerSides: [Int] = [], mixingEpochs: Int = .max,
    shuffles: Bool = true, softTargets: [Float]? = nil
  ) {
    precondition(softTargets.map { $0.count == dataset.count * dataset.classCount } ?? true)
    precondition(batchSize > 0, "batch size \(batchSize)")
    precondition(indices.allSatisfy { $0 >= 0 && $0 < dataset.count }, "an index without an image")
    self.dataset = dataset
    self.indices = indices
    self.batchSize = batchSize
    self.augmentation = augmentation
    self.seed = seed
    self.smallerSides = smallerSides
    self.mixingEpochs = mixingEpochs
    self.shuffles = shuffles
    self.softTargets = softTargets
  }

  /// Batches of an epoch; the last may be smaller.
  public var batchCount: Int { (indices.count + batchSize - 1) / batchSize }

  /// The data set's images in the order epoch `epoch` goes through them.
  public func order(epoch: Int) -> [Int] {
    guard shuffles else { return indices }
    var order = indices
    var random = generator(RandomStream.order, epoch, 0)
    random.shuffle(&order)
    return order
  }

  /// Pixels along an edge of an image in epoch `epoch`.
  public func side(epoch: Int) -> Int {
    epoch < smallerSides.count ? smallerSides[epoch] : dataset.side
  }

  /// Writes a batch: images `[n, side(epoch:), side(epoch:), 1]` as floats 0 … 255, targets `[n, classes]` one-hot,
  /// or soft where mixup is on or `softTargets` are given. Returns n, `batchSize` but for the epoch's last batch.
  ///
  /// Both pointers need room for `batchSize` samples of the largest size. Works out the epoch's order on every call;
  /// whoever fills many batches passes it in.
  @discardableResult
  public func fill(
    epoch: Int, batch: Int, images: UnsafeMutablePointer<Float>,
    targets: UnsafeMutablePointer<Float>
  ) -> Int {
    fill(order: order(epoch: epoch), epoch: epoch, batch: batch, images: images, targets: targets)
  }

  /// As `fill(epoch:batch:images:targets:)`, with `order(epoch:)` at hand. Allocates nothing.
  @discardableResult
  public func fill(
    order: [Int], epoch: Int, batch: Int, images: UnsafeMutablePointer<Float>,
    targets: UnsafeMutablePointer<Float>
  ) -> Int {
    precondition(batch >= 0 && batch < batchCount, "batch \(batch) of \(batchCount)")
    let start = batch * batchSize
    let count = min(batchSize, order.count - start)
    let size = dataset.imageSize
    let side = side(epoch: epoch)
    let outputSize = side * side
    let classes = dataset.classCount
    targets.update(repeating: 0, count: count * classes)
    dataset.pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      for sample in 0..<count {
        let index = order[start + sample]
        var random = generator(RandomStream.image, epoch, index)
        let variation = ImageVariation(
          augmentation, side: dataset.side, outputSide: side, random: &random)
        variation.apply(
          to: base + index * size, side: dataset.side, into: images + sample * outputSize,
          outputSide: side, random: &random)
        if let softTargets {
          for k in 0..<classes {
            targets[sample * classes + k] = softTargets[index * classes + k]
          }
        } else {
          targets[sample * classes + Int(dataset.labels[index])] = 1
        }
      }
    }
    if augmentation.mixupAlpha > 0, epoch < mixingEpochs {
      Mixup.apply(
        images: images, imageSize: outputSize, targets: targets, classes: classes, count: count
      ) { sample in
        var random = generator(RandomStream.mixup, epoch, order[start + sample])
        return Mixup.beta(augmentation.mixupAlpha, random: &random)
      }
    }
    return count
  }

  /// The generator of one purpose, epoch and image.
  private func generator(_ stream: UInt64, _ epoch: Int, _ index: Int) -> SeededRandom {
    var key = SeededRandom.combine(seed, stream)
    key = SeededRandom.combine(key, UInt64(epoch))
    return SeededRandom(seed: SeededRandom.combine(key, UInt64(index)))
  }
}
