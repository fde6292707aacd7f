import Foundation

/// A data set, and which of its images a run learns from and which it is judged by. PrivateTest is in neither.
public struct TrainingData: Sendable {
  /// What validates.
  public enum Validation: String, Sendable {
    /// The data's own PublicTest split.
    case publicTest = "public"
    /// A stratified share of Training.
    case share = "validation"
  }

  public let dataset: FaceDataset
  public let training: [Int]
  public let validation: [Int]
  public let validationKind: Validation
  /// Labels that no image to train on has: the network cannot learn them.
  public let classesWithoutImages: [Int]

  /// Picks the classes and splits that `configuration` asks for.
  ///
  /// - Throws: `EmojifyError.usage` for unknown classes, `.badData` where there is nothing to train or validate on.
  public init(_ dataset: FaceDataset, _ configuration: TrainingConfiguration) throws {
    let dataset =
      configuration.classes.isEmpty
      ? dataset : try dataset.selecting(classes: configuration.classes)
    self.dataset = dataset
    let publicTest = dataset.indices(of: .publicTest)
    if configuration.validation == .publicTest, publicTest.isEmpty {
      throw EmojifyError.badData(
        "\(Self.name(configuration)): has no PublicTest images to validate on")
    }
    if configuration.validation != .publicTest {
      validationKind = .share
      // More would cost what could be learnt from, and measure little finer.
      let most = 1000 / Double(max(1, dataset.indices(of: .training).count))
      (training, validation) = dataset.stratifiedSplit(
        share: configuration.validationShare ?? min(0.1, most), seed: configuration.seed)
    } else {
      validationKind = .publicTest
      training = dataset.indices(of: .training)
      validation = publicTest
    }
    let name = Self.name(configuration)
    guard !training.isEmpty else {
      throw EmojifyError.badData("\(name): has no Training images")
    }
    guard !validation.isEmpty else {
      throw EmojifyError.badData(
        "\(name): \(training.count) Training images leave none to validate on, expected two of a class"
      )
    }
    let counts = dataset.classCounts(ofIndices: training)
    classesWithoutImages = counts.indices.filter { counts[$0] == 0 }
    if let only = counts.firstIndex(of: training.count) {
      throw EmojifyError.badData(
        "\(name): all \(dataset.indices(of: .training).count) Training images are '\(dataset.classNames[only])', expected two "
          + "classes or more")
    }
  }

  private static func name(_ configuration: TrainingConfiguration) -> String {
    configuration.data.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "the data"
  }

  /// The weights `configuration` asks for, by the training images' counts.
  /// - Throws: `EmojifyError.usage` where they are not one a class.
  func classWeights(_ choice: TrainingConfiguration.ClassWeights) throws -> [Float]? {
    switch choice {
    case .none: return nil
    case .balanced:
      return SoftmaxCrossEntropy.balancedWeights(
        counts: dataset.classCounts(ofIndices: training))
    case .values(let weights):
      guard weights.count == dataset.classCount else {
        throw EmojifyError.usage(
          "\(weights.count) class weights for \(dataset.classCount) classes")
      }
      return weights
    }
  }
}
