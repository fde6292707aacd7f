import Foundation

/// Knowledge distillation: trained networks whose mean answer is a part of every target.
public struct Distillation: Codable, Sendable, Equatable {
  /// Model files, as absolute paths.
  public var teachers: [String]
  /// The part of a target that is theirs, above 0 to 1.
  public var share: Float

  public init(teachers: [String], share: Float = 0.7) {
    self.teachers = teachers
    self.share = share
  }
}

/// Trained networks whose answers become a part of the targets: knowledge distillation (Hinton et al. 2015).
///
/// The teachers see the very images the pupil sees, moved, erased and mixed as they are (Beyer et al. 2022), small ones
/// enlarged to the size they were taught: at another they are no judges. Their probabilities are averaged: an ensemble's
/// knowledge goes into one network.
final class Teacher {
  private let share: Float
  private let pool: WorkerPool
  private let targets: FloatBuffer
  private let shapes: [Int: Shape]
  private var plans: [Key: ExecutionPlan] = [:]
  /// The teachers for each size of images.
  private let networks: [Int: [Network]]

  private struct Key: Hashable {
    let teacher: Int
    let side: Int
    let count: Int
  }

  /// - Parameters:
  ///   - pupil: whose images and classes the teachers must have.
  ///   - sides: the sizes of the images that will come.
  ///   - counts: how many may come at once.
  /// - Throws: `EmojifyError`: `.badData` where a teacher was taught other classes or images, and what reading it throws.
  init(
    _ distillation: Distillation, of classNames: [String], pupil: Network,
    sides: some Sequence<Int>,
    counts: Set<Int>, pool: WorkerPool
  ) throws {
    let originals = try distillation.teachers.map { path in
      let url = URL(fileURLWithPath: path)
      let (network, metadata) = try KerasFormat.read(url)
      guard network.inputShape == pupil.inputShape, metadata.labels == classNames else {
        throw EmojifyError.badData(
          "\(url.lastPathComponent): tells \(metadata.labels.joined(separator: ", ")) from images of "
            + "\(network.inputShape), expected a teacher of \(classNames.joined(separator: ", ")) and "
            + "\(pupil.inputShape)")
      }
      return try EmojifyError.naming(url.lastPathComponent) {
        try network.answeringProbabilities(metadata.output)
      }
    }
    share = distillation.share
    self.pool = pool
    networks = Dictionary(
      uniqueKeysWithValues: try sides.map { side in
        (side, try originals.map { try $0.scalingImages(from: [side, side, $0.inputShape[2]]) })
      })
    targets = FloatBuffer(count: (counts.max() ?? 0) * pupil.classCount)
    shapes = Dictionary(uniqueKeysWithValues: counts.map { ($0, [$0, pupil.classCount]) })
  }

  /// `(1 - share) · targets + share · the teachers' mean answer`, `[n, classes]`; valid until the next call.
  ///
  /// - Parameter neighbour: a plan whose memory may be overwritten.
  func blend(_ batch: Batch, borrowing neighbour: ExecutionPlan) -> TensorView {
    let side = batch.images.shape[1]
    guard let networks = networks[side], let shape = shapes[batch.count] else {
      preconditionFailure("a batch of a size that was not announced")
    }
    let out = targets.base
    for index in 0..<shape.count { out[index] = batch.targets.base[index] * (1 - share) }
    let weight = share / Float(networks.count)
    for teacher in networks.indices {
      let key = Key(teacher: teacher, side: side, count: batch.count)
      let plan =
        plans[key]
        ?? ExecutionPlan(
          network: networks[teacher], batchSize: batch.count, mode: .inference, pool: pool,
          reusing: neighbour)
      plans[key] = plan
      Kernels.copy(batch.images, to: plan.input, pool: pool)
      plan.forward()
      for index in 0..<shape.count { out[index] += weight * plan.output.base[index] }
    }
    return TensorView(base: UnsafePointer(out), shape: shape)
  }
}
