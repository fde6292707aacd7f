import FERCore
import Foundation
import Synchronization

/// A network the server answers with. All requests share it: a thread of its own gathers the faces that have arrived
/// and asks the network about them as one batch.
///
/// `@unchecked Sendable`: what changes is held by `condition`; the predictors are the gathering thread's alone.
final class ServedModel: @unchecked Sendable {
  /// As `?model=` and the page call it.
  let name: String
  let classes: [FaceClass]
  /// Of the faces it takes.
  let format: FaceFormat
  let parameterCount: Int
  let architecture: String

  typealias Completion = @Sendable (_ scores: [[Float]], _ seconds: Double) -> Void

  private struct Question {
    let faces: [[UInt8]]
    let completion: Completion
  }

  /// Each size has its plan and memory, made once; a batch is cut into such sizes.
  private static let batchSizes = [16, 4, 1]

  private let predictors: [Predictor]
  private let metrics: WebMetrics
  private let condition = NSCondition()
  private var waiting: [Question] = []
  private var isEnding = false

  /// The first answer is as fast as the later ones.
  ///
  /// Throws `EmojifyError.badData` where the network answers with no numbers.
  init(_ model: LoadedModel, name: String, pool: WorkerPool, metrics: WebMetrics) throws {
    self.name = name
    self.metrics = metrics
    classes = model.classes
    format = model.format
    let (trainable, other) = model.network.parameterCount
    parameterCount = trainable + other
    architecture = model.metadata.architecture ?? model.network.name
    predictors = Self.batchSizes.map {
      Predictor(
        network: model.network, pool: pool, batchSize: $0, bytesPerPixel: model.format.channels)
    }
    let blank = [UInt8](repeating: 0, count: format.count)
    for (size, predictor) in zip(Self.batchSizes, predictors) {
      let faces = [[UInt8]](repeating: blank, count: size)
      _ = try FaceClassifier.checked(predictor.predict(images: faces), of: name)
    }
    let thread = Thread { self.gather() }
    thread.name = "network"
    thread.start()
  }

  /// Calls `completion` on the gathering thread, which it should not keep.
  func ask(_ faces: [[UInt8]], _ completion: @escaping Completion) {
    condition.withLock {
      waiting.append(Question(faces: faces, completion: completion))
      condition.signal()
    }
  }

  /// Waits for the answer. Not on the gathering thread.
  func scores(of faces: [[UInt8]]) -> [[Float]] {
    let answered = DispatchSemaphore(value: 0)
    let answer = Mutex<[[Float]]>([])
    ask(faces) { scores, _ in
      answer.withLock { $0 = scores }
      answered.signal()
    }
    answered.wait()
    return answer.withLock { $0 }
  }

  /// Ends the thread when all questions are answered.
  func end() {
    condition.withLock {
      isEnding = true
      condition.signal()
    }
  }

  private func gather() {
    while true {
      condition.lock()
      while waiting.isEmpty && !isEnding { condition.wait() }
      let questions = waiting
      waiting = []
      condition.unlock()
      if questions.isEmpty { return }
      let clock = Stopwatch()
      var answers = probabilities(of: questions.flatMap(\.faces))[...]
      let seconds = clock.seconds
      metrics.countBatch(of: answers.count)
      for question in questions {
        question.completion(Array(answers.prefix(question.faces.count)), seconds)
        answers = answers.dropFirst(question.faces.count)
      }
    }
  }

  private func probabilities(of faces: [[UInt8]]) -> [[Float]] {
    var answers: [[Float]] = []
    var rest = faces[...]
    for (size, predictor) in zip(Self.batchSizes, predictors) {
      while rest.count >= size {
        answers += predictor.predict(images: Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
    }
    return answers
  }
}
