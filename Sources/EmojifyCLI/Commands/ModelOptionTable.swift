import FERCore

extension ModelOptions {
  /// The options, for a command that keeps their values at `path`.
  /// - Parameter color: without it those are left out that `train` has otherwise.
  static func options<Root>(
    _ path: WritableKeyPath<Root, Self>, color: Bool = true
  ) -> [Option<Root>] {
    let file = "what the model says"
    let all: [Option<Root>] = [
      .value(
        "--input-range", "<range>", path.appending(path: \.inputRange), default: file,
        "What black and white were in the model's training: 0..1, -1..1, 0..255, any two numbers so, or standard "
          + "(each image with mean 0 and deviation 1)."),
      .value(
        "--labels", "<names>", path.appending(path: \.labels), default: file,
        "What its outputs mean: fer (FER-2013's order), alphabetical, or the names in order."),
      .value(
        "--color", "<order>", path.appending(path: \.color), default: file,
        "What its channels are; gray is repeated for a model that takes three."),
    ]
    return color ? all + LayerOptions.options(path.appending(path: \.layers)) : all.dropLast()
  }
}

extension LayerOptions {
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

extension InputRange: ArgumentValue {
  init?(argument: String) { self.init(argument) }
  static var expectation: String { "two numbers as in 0..1, the lower first, or standard" }
  var argument: String? { text }
}

extension ColorOrder: ArgumentChoice {}
extension OutputKind: ArgumentChoice {}

extension LabelOrder: ArgumentValue {
  init?(argument: String) {
    switch argument {
    case "fer": self = .fer
    case "alphabetical": self = .alphabetical
    default:
      guard let names = [String](argument: argument), names.count >= 2,
        names.allSatisfy(ModelFacts.isLabel), Set(names).count == names.count
      else { return nil }
      self = .list(names)
    }
  }
  static var expectation: String {
    "fer, alphabetical, or different names with commas between them"
  }
  var argument: String? {
    switch self {
    case .fer: "fer"
    case .alphabetical: "alphabetical"
    case .list(let names): names.joined(separator: ",")
    }
  }
}
