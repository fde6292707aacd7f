import FERCore
import Foundation

/// What a user says of the layers of a model whose file holds weights only.
struct LayerOptions {
  var architecture: Architecture?
  var config: String?

  /// Reads a model file: a whole model, or weights for the layers that are said here.
  /// - Parameter classCount: of a named architecture.
  func read(
    _ file: URL, classCount: Int = Emotion.allCases.count
  ) throws -> (network: Network, metadata: ModelMetadata) {
    switch (architecture, config) {
    case (nil, nil): return try KerasFormat.read(file)
    case (let architecture?, nil):
      let network = try architecture.network(classCount: classCount, seed: 0)
      return try KerasFormat.read(file, structure: .network(network))
    case (nil, let config?):
      return try KerasFormat.read(
        file, structure: .configuration(URL(fileURLWithPath: config)))
    default: throw EmojifyError.usage("--architecture and --config exclude each other")
    }
  }
}
