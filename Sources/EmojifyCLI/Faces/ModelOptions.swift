import FERCore
import Foundation

/// What a user can say of a model that its file does not.
struct ModelOptions {
  var inputRange: InputRange?
  var color: ColorOrder?
  var labels: LabelOrder?
  var layers = LayerOptions()

  /// Reads a model file, whole or weights alone.
  func read(_ file: URL) throws -> (network: Network, metadata: ModelMetadata) {
    try layers.read(file, classCount: labels?.names.count ?? Emotion.allCases.count)
  }

  /// What is known of a model, the user's word first.
  ///
  /// Throws where what lies beside it cannot be read, or the labels are not those of so many classes.
  func facts(of file: URL, _ metadata: ModelMetadata, classCount: Int) throws -> ModelFacts {
    let told = ModelFacts(
      inputRange: inputRange, color: color,
      labels: try labels.map { try $0.names(classCount: classCount) })
    let beside = try ModelFacts(beside: file)
    let known = told.filled(from: beside).filled(from: ModelFacts(metadata))
    try known.checkLabels(of: classCount, file, beside: beside)
    return known
  }
}

/// In which order the outputs name the emotions.
enum LabelOrder: Equatable {
  /// FER-2013's.
  case fer
  case alphabetical
  case list([String])

  var names: [String] {
    switch self {
    case .fer: Emotion.allCases.map(\.name)
    case .alphabetical: Emotion.allCases.map(\.name).sorted()
    case .list(let names): names
    }
  }

  /// Throws `EmojifyError.usage` where they are not as many as the network has classes.
  func names(classCount: Int) throws -> [String] {
    guard names.count == classCount else {
      throw EmojifyError.usage(
        "--labels names \(names.count) classes, the network tells \(classCount) apart: name each, "
          + "in the order of its outputs")
    }
    return names
  }
}
