import Foundation

/// What one has to know of a network besides its layers to ask it about a face, and what a Keras file does not say.
/// What is nil is not known.
public struct ModelFacts: Sendable, Equatable {
  /// What black and white are.
  public var inputRange: InputRange?
  /// What its channels are.
  public var color: ColorOrder?
  /// Class names in the order of the outputs.
  public var labels: [String]?
  /// What the outputs are.
  public var output: OutputKind?

  public init(
    inputRange: InputRange? = nil, color: ColorOrder? = nil, labels: [String]? = nil,
    output: OutputKind? = nil
  ) {
    self.inputRange = inputRange
    self.color = color
    self.labels = labels
    self.output = output
  }

  /// What a file tells in its own attributes.
  public init(_ metadata: ModelMetadata) {
    self.init(
      inputRange: metadata.inputRange, color: metadata.color,
      labels: metadata.labels.isEmpty ? nil : metadata.labels, output: metadata.output)
  }

  /// What the texts may be, for messages.
  enum Expected {
    static let inputRange = "a range such as \"0..1\", or \"standard\""
    static let color = "gray, rgb or bgr"
    static let output = "probabilities, logits or scores"
  }

  /// These facts, and `others` where these are silent.
  public func filled(from others: ModelFacts) -> ModelFacts {
    ModelFacts(
      inputRange: inputRange ?? others.inputRange, color: color ?? others.color,
      labels: labels ?? others.labels, output: output ?? others.output)
  }

  /// Whether a class can be called so: with a letter at least, and on one line of a table.
  public static func isLabel(_ name: String) -> Bool {
    !name.isEmpty && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  /// - Throws: `EmojifyError.badData` where the labels are known and name not as many classes as there are outputs, or one twice.
  func checkLabels(of classCount: Int) throws {
    guard let labels else { return }
    guard labels.count == classCount else {
      throw EmojifyError.badData(
        "names \(labels.count) \(plural(labels.count, "class", "classes")), the network tells \(classCount) apart"
      )
    }
    if let twin = labels.indices.first(where: { labels[..<$0].contains(labels[$0]) }) {
      throw EmojifyError.badData("names the class '\(labels[twin])' twice")
    }
  }

  /// As `checkLabels(of:)`; messages name the file that says the labels: `model`, or the one beside it, which says `beside`.
  public func checkLabels(of classCount: Int, _ model: URL, beside: ModelFacts) throws {
    let source = beside.labels == nil ? model : Self.file(beside: model)
    try EmojifyError.naming(source.relativePath) { try checkLabels(of: classCount) }
  }

  /// What the layers behind the input tell of the range: a normalisation has the mean it has seen, a rescaling gives
  /// numbers of order 1. Nil where they tell nothing.
  public static func hint(of network: Network) -> InputRange? {
    var place = 0
    while true {
      let followers = network.nodes.indices.filter { network.nodes[$0].inputs.contains(place) }
      guard let next = followers.first, followers.count == 1, let layer = network.nodes[next].layer
      else { return nil }
      switch layer {
      case let rescaling as Rescaling: return range(scaledBy: rescaling)
      case let normalization as Normalization:
        return range(
          ofMeans: normalization.constants?.mean
            ?? Array(normalization.parameters[0].value.elements)
        )
      case let normalization as BatchNormalization:
        let means = normalization.parameters[normalization.parameters.count - 2]
        return range(ofMeans: Array(means.value.elements))
      // Each image is scaled by itself: every range gives the same, and raw is what emojify puts before one.
      case let normalization as LayerNormalization where normalization.parameters.isEmpty:
        return .raw
      default:
        // Changes of shape, and noise that is none at inference.
        guard layer.parameters.isEmpty, !(layer is Activation) else { return nil }
        place = next
      }
    }
  }

  private static func range(ofMeans means: [Float]) -> InputRange? {
    let mean = means.reduce(0, +) / Float(max(1, means.count))
    return mean > 8 ? .raw : mean > 0.2 ? .unit : nil
  }

  /// `scale · x + offset` is `scale · (x - mean)`; without a mean, networks work on numbers about as large as 1.
  private static func range(scaledBy layer: Rescaling) -> InputRange? {
    if let range = range(ofMeans: [-layer.offset / layer.scale]) { return range }
    return (0.1...30).contains(255 * abs(layer.scale)) ? .raw : nil
  }

  /// What pixels a network takes: what is known, else what where it comes from or its layers tell. Nil where nothing does:
  /// labels say nothing, they are also written into networks of others.
  public func range(of network: Network, _ metadata: ModelMetadata) -> InputRange? {
    if let inputRange { return inputRange }
    // What emojify trains scales by itself, as does a network that begins with such a layer.
    if metadata.recipe != nil || metadata.architecture != nil { return .raw }
    return Self.hint(of: network)
  }

  // MARK: The file beside a model

  /// `model.h5.json` beside `model.h5`. Not `model.json`: under that name people keep what Keras' `to_json` gives.
  public static func file(beside model: URL) -> URL {
    URL(fileURLWithPath: model.relativePath + ".json", relativeTo: model.baseURL)
  }

  /// The facts beside a model; none where there is no such file.
  /// - Throws: `EmojifyError`: `.missingInput` where the file cannot be read, `.badData` where it is not what `write` makes.
  public init(beside model: URL) throws {
    let file = Self.file(beside: model)
    self.init()
    guard FileManager.default.fileExists(atPath: file.path) else { return }
    let name = file.relativePath
    guard let data = try? Data(contentsOf: file) else {
      throw EmojifyError.missingInput(
        "\(name): cannot be read, expected what is known of \(model.lastPathComponent)")
    }
    guard let json = try? JSONValue(parsing: String(decoding: data, as: UTF8.self)) else {
      throw EmojifyError.badData("\(name): is not valid JSON, expected an object")
    }
    guard let object = json.objectValue else {
      throw EmojifyError.badData("\(name): is \(json.excerpt), expected an object")
    }
    func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> EmojifyError {
      .badData("\(name): '\(key)' is \(value.excerpt), expected \(expected)")
    }
    for (key, value) in object where !value.isNull {
      switch key {
      case "input_range":
        inputRange = value.stringValue.flatMap(InputRange.init)
        if inputRange == nil {
          throw wrong(key, value, Expected.inputRange)
        }
      case "color":
        color = value.stringValue.flatMap(ColorOrder.init)
        if color == nil { throw wrong(key, value, Expected.color) }
      case "labels":
        let names = value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !names.isEmpty, names.count == value.arrayValue?.count,
          names.allSatisfy(Self.isLabel)
        else {
          throw wrong(key, value, "a list of class names")
        }
        labels = names
      case "output":
        output = value.stringValue.flatMap(OutputKind.init)
        if output == nil { throw wrong(key, value, Expected.output) }
      default:
        throw EmojifyError.badData(
          "\(name): '\(key)' is unknown, expected input_range, color, labels and output")
      }
    }
  }

  /// Writes the file beside a model, and returns it.
  public func write(beside model: URL) throws -> URL {
    var object: [String: JSONValue] = [:]
    if let inputRange { object["input_range"] = .string(inputRange.text) }
    if let color { object["color"] = .string(color.rawValue) }
    if let output { object["output"] = .string(output.rawValue) }
    if let labels { object["labels"] = .array(labels.map { .string($0) }) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = Self.file(beside: model)
    try AtomicFile.write(try encoder.encode(JSONValue.object(object)) + Data("\n".utf8), to: file)
    return file
  }
}
