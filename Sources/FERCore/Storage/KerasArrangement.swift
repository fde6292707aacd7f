/// How a tensor of Keras lies in the network, whose images are always `[height, width, channels]`.
enum KerasLayout {
  /// Axis by axis as Keras has it.
  case asKeras
  /// Keras has `[channels, height, width]`.
  case channelsFirst
}

/// How a Keras layer is put into the network: the layout its inputs are brought to, and its configuration for it.
///
/// Keras lets every layer say for itself where an image's channels are, and published models mix both. What depends on
/// the order of axes is decided here, so that the layers themselves know `[height, width, channels]` only.
struct KerasArrangement {
  /// Of the inputs that are images (rank 3).
  var inputs = KerasLayout.asKeras
  var output = KerasLayout.asKeras
  var values: [String: JSONValue]
  var order = StoredOrder()
  /// Axes, from 0, that change places before the layer and again behind it.
  var swapped: (Int, Int)?
  /// A function of the layer's own that goes along Keras' last axis, to be applied behind it.
  var lateActivation: JSONValue?

  /// - Parameters:
  ///   - config: with the shapes Keras sees.
  ///   - layouts: of the inputs.
  init(_ config: KerasConfig, _ layouts: [KerasLayout]) throws {
    values = config.values
    let given = layouts.contains(.channelsFirst) ? KerasLayout.channelsFirst : .asKeras
    switch config.className {
    case let name where Self.imageClasses.contains(name):
      try arrangeImage(config)
    case "BatchNormalization", "LayerNormalization", "Normalization", "Softmax":
      arrangeChannelAxis(config, given)
    case "Concatenate":
      take(given)
      if given == .channelsFirst, let axis = try Self.axis(config, default: -1) {
        values["axis"] = .number(Double([1: 3, 2: 1, 3: 2][axis] ?? axis))
      }
    case "PReLU":
      take(given)
      guard given == .channelsFirst else { break }
      let shared = (config["shared_axes"]?.arrayValue ?? []).compactMap(\.intValue)
      values["shared_axes"] = .array(
        shared.map { .number(Double([1: 3, 2: 1, 3: 2][$0] ?? $0)) })
      order = .channelsFirst
    case "Activation":
      if try !Self.endsAlongAxis(config) { take(given) }
    case let name where Self.elementwise.contains(name):
      take(given)
      if given == .channelsFirst, let noise = config["noise_shape"]?.arrayValue, noise.count == 4 {
        values["noise_shape"] = [noise[0], noise[2], noise[3], noise[1]]
      }
    default: break  // Reshape, Permute, Dense and what is not known: by Keras' own axes
    }
  }

  private mutating func take(_ layout: KerasLayout) {
    inputs = layout
    output = layout
  }

  /// What has a `data_format`.
  static let imageClasses: Set<String> = [
    "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D",
    "GlobalMaxPooling2D", "GlobalAveragePooling2D", "ZeroPadding2D", "Cropping2D", "UpSampling2D",
    "SpatialDropout2D", "Resizing", "Flatten",
  ]

  /// What treats every element alike, wherever it lies.
  private static let elementwise = Merge.Operation.classNames.union([
    "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "Dropout", "GaussianNoise", "GaussianDropout",
    "AlphaDropout", "Rescaling", "Identity", "ActivityRegularization", "RandomFlip",
    "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness",
  ])

  /// Whether the layer is indifferent to where its channels are, so that what follows it decides.
  static func isIndifferent(_ className: String) -> Bool { elementwise.contains(className) }

  private mutating func arrangeImage(_ config: KerasConfig) throws {
    let first = try config.choice(
      "data_format", default: "channels_last",
      of: ["channels_first": true, "channels_last": false])
    values["data_format"] = "channels_last"
    if config.className == "Flatten", config.inputs.first?.rank == 2, first { swapped = (0, 1) }
    take(first ? .channelsFirst : .asKeras)
    if first, try Self.endsAlongAxis(config) {
      lateActivation = config["activation"]
      values["activation"] = "linear"
    }
  }

  /// One axis that is normalised over, brought to the end.
  private mutating func arrangeChannelAxis(_ config: KerasConfig, _ given: KerasLayout) {
    let rank = config.inputs.first?.rank ?? 0
    var axis: Int?
    switch config["axis"] {
    case nil: axis = -1
    case .some(let value):
      let list = value.arrayValue ?? [value]
      if list.count == 1 { axis = list[0].intValue }
    }
    guard var axis else { return }
    if axis < 0 { axis += rank + 1 }
    guard (1...max(rank, 1)).contains(axis) else { return }
    if axis == 1, rank == 3 {
      take(.channelsFirst)
    } else if axis < rank {
      swapped = (axis - 1, rank - 1)
    }
    values["axis"] =
      config.className == "LayerNormalization" || config.className == "Normalization"
      ? [-1] : -1
  }

  /// From 1; nil where the value is no axis.
  private static func axis(_ config: KerasConfig, default fallback: Int) throws -> Int? {
    let axis = try config.integer("axis", in: -4...4, default: fallback)
    let rank = config.inputs.map(\.rank).max() ?? 0
    return axis < 0 ? axis + rank + 1 : axis
  }

  /// Whether its activation goes along the last axis, so that it matters which that is.
  private static func endsAlongAxis(_ config: KerasConfig) throws -> Bool {
    [.softmax, .logSoftmax].contains(try KerasLayers.activation(config))
  }
}
