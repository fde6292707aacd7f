import FERCore
import Foundation

/// A model file in memory, with what a command needs to know of it.
struct LoadedModel {
  let file: URL
  let network: Network
  let metadata: ModelMetadata
  /// What the network's outputs mean, in their order.
  let classNames: [String]

  /// Throws `EmojifyError` where the file is no model, or does not say what its outputs mean.
  init(_ file: URL) throws {
    self.file = file
    (network, metadata) = try KerasFormat.read(file)
    if metadata.labels.isEmpty, network.classCount == Emotion.allCases.count {
      // FER-2013's own order, which such files are trained on.
      classNames = Emotion.allCases.map(\.name)
    } else if metadata.labels.count == network.classCount {
      classNames = metadata.labels
    } else {
      throw EmojifyError.badData(
        "\(file.relativePath): names \(metadata.labels.count) classes, the network tells "
          + "\(network.classCount) apart")
    }
  }

  /// For those who want to know what they are using.
  var description: String {
    let (trainable, other) = network.parameterCount
    return "\(network.name), \(NumberText.grouped(trainable + other)) parameters, "
      + "\(NumberText.count(classNames.count, "class", "classes")), HDF5 \(HDF5File.libraryVersion)"
  }

  /// The width and height of the faces it takes, in pixels. Throws where it takes no square images.
  func faceSide() throws -> Int {
    let input = network.inputShape
    guard input.rank == 3, input[0] == input[1] else {
      throw EmojifyError.badData(
        "\(file.relativePath): takes an input of \(input), expected a square image")
    }
    return input[0]
  }

  /// The emotion each output means. Throws where one is none.
  func emotions() throws -> [Emotion] {
    try classNames.map { name in
      guard let emotion = Emotion(name: name) else {
        throw EmojifyError.badData("\(file.relativePath): its class '\(name)' is no emotion")
      }
      return emotion
    }
  }
}
