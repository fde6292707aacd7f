import Dispatch
import Foundation

/// A batch lent by a `BatchLoader`; valid until its `next()` is called again.
public struct Batch: Sendable {
  public let epoch: Int
  /// Which batch of the epoch, from 0.
  public let index: Int
  /// `[n, side, side, 1]`, floats 0 … 255; side is the epoch's.
  public let images: TensorView
  /// `[n, classes]`, each row adds up to 1.
  public let targets: TensorView

  /// Images in the batch.
  public var count: Int { images.shape[0] }
}

/// Fills batches on threads of its own while the network computes.
///
/// A ring of buffers goes round between the workers and the one consumer. Which batch comes next
/// and what is in it is the plan's; threads only decide how long the consumer waits. After the
/// start no batch allocates; each epoch's order is one array.
public final class BatchLoader {
  public let plan: BatchPlan
  private let ring: BatchRing
  private var taken = 0

  /// Batches of `epochs`, starting with batch `firstBatch` of the first of them (to resume).
  ///
  /// `buffers`: how many batches the ring holds, the one lent out included.
  public init(
    plan: BatchPlan, epochs: Range<Int>, firstBatch: Int = 0, buffers: Int = 3, workers: Int = 1
  ) {
    precondition(buffers >= 2 && workers >= 1)
    precondition(firstBatch >= 0 && firstBatch <= plan.batchCount, "batch \(firstBatch)")
    self.plan = plan
    ring = BatchRing(plan: plan, epochs: epochs, firstBatch: firstBatch, buffers: buffers)
    for worker in 0..<workers {
      // A serial queue has a thread of its own when it must; the workers wait much, and waiting in
      // the global queue would take threads from the kernels.
      DispatchQueue(label: "emojify.batches.\(worker)").async { [ring] in
        while ring.fillNext() {}
      }
    }
  }

  deinit { ring.stop() }

  /// The next batch, nil after the last one of the last epoch. The one before is no longer valid.
  public func next() -> Batch? {
    guard taken < ring.total else { return nil }
    let batch = ring.take(taken)
    taken += 1
    return batch
  }
}

private struct BatchShapes {
  let images: Shape
  let targets: Shape

  init(count: Int, side: Int, classes: Int) {
    images = [count, side, side, 1]
    targets = [count, classes]
  }
}

/// What workers and consumer share. Batch number `k` of the run lives in slot `k % slots`.
private final class BatchRing: @unchecked Sendable {
  let total: Int
  private let plan: BatchPlan
  private let epochs: Range<Int>
  private let firstBatch: Int
  private let slots: [(images: FloatBuffer, targets: FloatBuffer)]
  /// By side: whole batches' shapes and the last one's.
  private let shapes: [Int: (whole: BatchShapes, last: BatchShapes)]

  // Guarded by `condition`; everything above never changes, and a slot's floats belong to the
  // worker that claimed its number, then to the consumer.
  private let condition = NSCondition()
  private var claimed = 0
  private var released = 0
  private var stopped = false
  /// Per slot: the number of the batch that lies in it ready, and its size.
  private var ready: [(number: Int, count: Int)]
  private var order: (epoch: Int, images: [Int])?

  init(plan: BatchPlan, epochs: Range<Int>, firstBatch: Int, buffers: Int) {
    self.plan = plan
    self.epochs = epochs
    self.firstBatch = firstBatch
    total = max(epochs.count * plan.batchCount - firstBatch, 0)
    let count = max(min(buffers, total), 1)
    let sides = Set(epochs.map(plan.side)).union([plan.dataset.side])
    let largest = sides.max() ?? plan.dataset.side
    slots = (0..<count).map { _ in
      (
        FloatBuffer(count: plan.batchSize * largest * largest),
        FloatBuffer(count: plan.batchSize * plan.dataset.classCount)
      )
    }
    let rest = plan.indices.count - max(plan.batchCount - 1, 0) * plan.batchSize
    let classes = plan.dataset.classCount
    shapes = Dictionary(
      uniqueKeysWithValues: sides.map { side in
        (
          side,
          (
            BatchShapes(count: plan.batchSize, side: side, classes: classes),
            BatchShapes(count: rest, side: side, classes: classes)
          )
        )
      })
    ready = [(Int, Int)](repeating: (-1, 0), count: count)
  }

  func stop() {
    condition.lock()
    stopped = true
    condition.broadcast()
    condition.unlock()
  }

  /// Claims the next batch, fills it, hands it over. False when there is nothing left to do.
  func fillNext() -> Bool {
    condition.lock()
    while !stopped, claimed < total, claimed >= released + slots.count { condition.wait() }
    guard !stopped, claimed < total else {
      condition.unlock()
      return false
    }
    let number = claimed
    claimed += 1
    let (epoch, batch) = place(number)
    // Claims go up, so one epoch's order is enough; a worker still in the last epoch keeps its own.
    if order?.epoch != epoch { order = (epoch, plan.order(epoch: epoch)) }
    let images = order?.images ?? []
    condition.unlock()

    let slot = number % slots.count
    let count = plan.fill(
      order: images, epoch: epoch, batch: batch, images: slots[slot].images.base,
      targets: slots[slot].targets.base)

    condition.lock()
    ready[slot] = (number, count)
    condition.broadcast()
    condition.unlock()
    return true
  }

  /// Waits for batch `number`; gives the one before back to the workers.
  func take(_ number: Int) -> Batch {
    let slot = number % slots.count
    condition.lock()
    released = number
    condition.broadcast()
    while ready[slot].number != number { condition.wait() }
    let count = ready[slot].count
    condition.unlock()
    let (epoch, batch) = place(number)
    let isLast = batch == plan.batchCount - 1
    guard let sized = shapes[plan.side(epoch: epoch)] else { preconditionFailure("no such size") }
    let shapes = isLast ? sized.last : sized.whole
    precondition(count == shapes.images[0])
    return Batch(
      epoch: epoch, index: batch,
      images: TensorView(base: slots[slot].images.base, shape: shapes.images),
      targets: TensorView(base: slots[slot].targets.base, shape: shapes.targets))
  }

  private func place(_ number: Int) -> (epoch: Int, batch: Int) {
    let position = number + firstBatch
    return (epochs.lowerBound + position / plan.batchCount, position % plan.batchCount)
  }
}
