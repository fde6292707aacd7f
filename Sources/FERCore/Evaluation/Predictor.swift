/// Runs a network on images and answers with probabilities, in batches of a planned size.
///
/// The images are bytes, row-major, gray or with a byte for each of the network's channels, 0 black to 255 white; what a network wants done to them it holds as layers. One
/// caller at a time.
public final class Predictor {
  public let network: Network
  public let batchSize: Int
  /// Average with the answer for the mirrored image (test-time augmentation).
  public var averagesMirrored: Bool
  private let pool: WorkerPool
  private var plans: [Int: ExecutionPlan] = [:]
  private let neighbour: ExecutionPlan?

  /// Bytes in one image.
  public var imageSize: Int { network.inputShape[0] * network.inputShape[1] * bytesPerPixel }

  /// 1 for gray, which is repeated where the network wants more channels, or the network's channels.
  private let bytesPerPixel: Int

  /// - Parameter reusing: a plan of the same network that never runs at the same time and lends its memory.
  public init(
    network: Network, pool: WorkerPool, batchSize: Int = 128, averagesMirrored: Bool = false,
    reusing neighbour: ExecutionPlan? = nil, bytesPerPixel: Int = 1
  ) {
    precondition(bytesPerPixel == 1 || bytesPerPixel == network.inputShape[2])
    self.bytesPerPixel = bytesPerPixel
    precondition(network.inputShape.rank == 3, "not a network for images: \(network.inputShape)")
    precondition(batchSize >= 1)
    self.network = network
    self.pool = pool
    self.batchSize = batchSize
    self.averagesMirrored = averagesMirrored
    self.neighbour = neighbour
  }

  /// Probabilities of each class, `[count][classes]`, for images that lie one after the other.
  public func predict(images: [UInt8], count: Int) -> [[Float]] {
    precondition(images.count == count * imageSize, "\(images.count) bytes for \(count) images")
    return predict(pixels: images, indices: Array(0..<count))
  }

  /// Probabilities of each class, `[images][classes]`; each image is `imageSize` bytes.
  public func predict(images: [[UInt8]]) -> [[Float]] {
    precondition(images.allSatisfy { $0.count == imageSize }, "images of another size")
    return predict(images: Array(images.joined()), count: images.count)
  }

  /// Probabilities for the images `indices` names among those that lie one after the other in `pixels`.
  /// - Parameter progress: called with the number of images done after each batch.
  public func predict(pixels: [UInt8], indices: [Int], progress: (Int) -> Void = { _ in })
    -> [[Float]]
  {
    var answers: [[Float]] = []
    answers.reserveCapacity(indices.count)
    pixels.withUnsafeBufferPointer { source in
      var start = 0
      while start < indices.count {
        let batch = indices[start..<min(start + batchSize, indices.count)]
        precondition(batch.allSatisfy { $0 >= 0 && ($0 + 1) * imageSize <= source.count })
        answers += answer(source, batch)
        start += batch.count
        progress(start)
      }
    }
    return answers
  }

  private func answer(_ source: UnsafeBufferPointer<UInt8>, _ batch: ArraySlice<Int>) -> [[Float]] {
    let plan = plan(for: batch.count)
    run(plan, source, batch, mirrored: false)
    let classes = network.classCount
    var rows = (0..<batch.count).map { row in
      Array(UnsafeBufferPointer(start: plan.output.base + row * classes, count: classes))
    }
    if averagesMirrored {
      run(plan, source, batch, mirrored: true)
      for row in rows.indices {
        for k in 0..<classes {
          rows[row][k] = (rows[row][k] + plan.output.base[row * classes + k]) / 2
        }
      }
    }
    return rows
  }

  /// Fills the plan's input and runs it.
  private func run(
    _ plan: ExecutionPlan, _ source: UnsafeBufferPointer<UInt8>, _ batch: ArraySlice<Int>,
    mirrored: Bool
  ) {
    let height = network.inputShape[0]
    let width = network.inputShape[1]
    let channels = network.inputShape[2]
    let size = imageSize
    let (pixelStep, channelStep) = (bytesPerPixel, bytesPerPixel == 1 ? 0 : 1)
    pool.run(blocks: batch.count) { _, row in
      let start = batch[batch.startIndex + row] * size
      let from = UnsafeBufferPointer(rebasing: source[start..<start + size])
      let to = plan.input.base + row * height * width * channels
      for y in 0..<height {
        for x in 0..<width {
          let place = (y * width + (mirrored ? width - 1 - x : x)) * pixelStep
          for c in 0..<channels {
            to[(y * width + x) * channels + c] = Float(from[place + c * channelStep])
          }
        }
      }
    }
    plan.forward()
  }

  /// The plan for a batch of that size. Of sizes below `batchSize` only the last one is kept.
  private func plan(for count: Int) -> ExecutionPlan {
    if let plan = plans[count] { return plan }
    for size in plans.keys where size != batchSize { plans[size] = nil }
    let plan = ExecutionPlan(
      network: network, batchSize: count, mode: .inference, pool: pool,
      reusing: neighbour ?? plans[batchSize])
    plans[count] = plan
    return plan
  }
}
