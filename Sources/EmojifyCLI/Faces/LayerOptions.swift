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

  /// The options, for a command that keeps their values at `path`.
  static func options<Root>(_ path: WritableKeyPath<Root, Self>) -> [Option<Root>] {
    [
      .value(
        "--architecture", "<name>", path.appending(path: \.architecture), default: "the file's own",
        "Where the model's file holds weights only: the network they are for."),
      .value(
        "--config", "<file>", path.appending(path: \.config), default: "the file's own",
        "Where the model's file holds weights only: its layers as Keras' to_json writes them."),
    ]
  }
}
