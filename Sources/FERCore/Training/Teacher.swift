import Foundation

/// Knowledge distillation: trained networks whose mean answer is a part of every target.
public struct Distillation: Codable, Sendable, Equatable {
  /// Model files, as absolute paths.
  public var teachers: [String]
  /// The part of a target that is theirs, above 0 to 1.
  public var share: Float
  /// Whether they are asked before the first epoch, about each image as it is and mirrored, and never again; nil: no,
  /// at every step about what the pupil sees.
  public var asksOnce: Bool?
  /// What each teacher knew when the run began, a hash of its parameters in 16 hexadecimal digits; nil: it did not begin yet.
  public var fingerprints: [String]?

  public init(teachers: [String], share: Float = 0.7, asksOnce: Bool? = nil) {
    self.teachers = teachers
    self.share = share
    self.asksOnce = asksOnce
  }

  /// The teachers, each of which takes raw gray bytes and answers with probabilities, whatever its file's network does: what the
  /// file or the one beside it says of that holds here too.
  ///
  /// - Parameters:
  ///   - classNames: what they must tell apart, and the order their answers are brought into.
  ///   - inputShape: what they must take.
  /// - Throws: `EmojifyError`: `.badData` where a teacher was taught other classes or images or does not say which, and what
  ///   reading it throws.
  func networks(classNames: [String], inputShape: Shape) throws -> [Network] {
    try teachers.map { path in
      let url = URL(fileURLWithPath: path)
      let (stored, metadata) = try KerasFormat.read(url)
      let facts = try ModelFacts(beside: url).filled(from: ModelFacts(metadata))
      return try EmojifyError.naming(path) {
        let oneRow = try stored.answeringOneRow()
        guard let range = facts.range(of: oneRow, metadata) else {
          throw EmojifyError.badData(
            "does not say how pixels are scaled: 'emojify model adopt' keeps it, 'emojify model calibrate' finds it out"
          )
        }
        let network = try oneRow.takingRawPixels(in: range)
        guard let labels = facts.labels else {
          throw EmojifyError.badData(
            "does not say what its \(network.classCount) outputs mean: 'emojify model adopt --labels' keeps it, "
              + "'emojify model calibrate' finds it out")
        }
        try facts.checkLabels(of: network.classCount)
        guard network.inputShape == inputShape,
          let order = ClassName.order(of: classNames, in: labels)
        else {
          throw EmojifyError.badData(
            "tells \(labels.joined(separator: ", ")) from images of \(network.inputShape), expected a teacher of "
              + "\(classNames.joined(separator: ", ")) and \(inputShape)")
        }
        return try network.answeringProbabilities(facts.output)
          .answering(inOrder: order)
      }
    }
  }

  /// Notes what `networks` know, or holds it against what they knew when the run began: with others it would go on, but not
  /// to the same bits.
  ///
  /// - Throws: `EmojifyError.badData` naming the teacher that is another.
  mutating func recognize(_ networks: [Network]) throws {
    let found = networks.map(\.fingerprint)
    for (path, (known, new)) in zip(teachers, zip(fingerprints ?? found, found)) where known != new
    {
      throw EmojifyError.badData(
        "\(path): is not the teacher that the run began with: it cannot go on with another")
    }
    fingerprints = found
  }

  /// The targets of teachers that are asked once, `[images of the data set, classes]`: `(1 - share) · label + share · their
  /// mean answer` for the images a run learns from, the label alone for all others; nil where `stopRequest` came before all had answered.
  ///
  /// - Parameter progress: told how many of how many answers are there.
  func targets(
    of networks: [Network], for data: TrainingData, pool: WorkerPool,
    stopRequest: StopRequest = StopRequest(), progress: (_ done: Int, _ of: Int) -> Void
  ) -> [Float]? {
    let dataset = data.dataset
    let classes = dataset.classCount
    var targets = dataset.labels.flatMap { label in
      (0..<classes).map { $0 == Int(label) ? Float(1) : 0 }
    }
    for image in data.training {
      for k in 0..<classes { targets[image * classes + k] *= 1 - share }
    }
    let all = networks.count * data.training.count
    for (number, network) in networks.enumerated() {
      let predictor = Predictor(network: network, pool: pool, averagesMirrored: true)
      let part = 8 * predictor.batchSize
      for first in stride(from: 0, to: data.training.count, by: part) {
        if stopRequest.isRequested { return nil }
        let images = Array(data.training[first..<min(first + part, data.training.count)])
        for (image, answer) in zip(
          images, predictor.predict(pixels: dataset.pixels, indices: images))
        {
          for k in 0..<classes {
            targets[image * classes + k] += share / Float(networks.count) * answer[k]
          }
        }
        progress(number * data.training.count + first + images.count, all)
      }
    }
    return targets
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
  ///   - originals: the teachers, of the same classes, one at least.
  ///   - share: the part of a target that is theirs.
  ///   - sides: the sizes of the images that will come.
  ///   - counts: how many may come at once.
  /// - Throws: `EmojifyError.badData` where images cannot be scaled for a teacher.
  init(
    _ originals: [Network], share: Float, sides: some Sequence<Int>, counts: Set<Int>,
    pool: WorkerPool
  ) throws {
    self.share = share
    self.pool = pool
    networks = Dictionary(
      uniqueKeysWithValues: try sides.map { side in
        (side, try originals.map { try $0.scalingImages(from: [side, side, $0.inputShape[2]]) })
      })
    let classes = originals[0].classCount
    targets = FloatBuffer(count: (counts.max() ?? 0) * classes)
    shapes = Dictionary(uniqueKeysWithValues: counts.map { ($0, [$0, classes]) })
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

extension Network {
  /// The network whose output k is this one's output `order[k]`: behind it stands a product with ones and zeros, which is exact.
  fileprivate func answering(inOrder order: [Int]) throws -> Network {
    let count = order.count
    guard order != Array(0..<count) else { return self }
    var name = "class_order"
    while node(named: name) != nil { name += "_" }
    let result = try behind([(name, Dense(units: count, usesBias: false))])
    guard let kernel = result.node(named: name)?.layer?.parameters.first else { return result }
    kernel.value.fill(0)
    for (to, from) in order.enumerated() { kernel.value.base[from * count + to] = 1 }
    result.parametersChanged()
    return result
  }

  /// 16 hexadecimal digits that follow from all parameters.
  fileprivate var fingerprint: String {
    Fingerprint.text(
      of: Fingerprint.of(
        UnsafeRawBufferPointer(UnsafeBufferPointer(start: values.base, count: values.count))))
  }
}
