/// The layers besides those of `KerasLayers` that published networks are made of.
extension KerasLayers {
  static let furtherTable: [KerasLayerCoder] =
    shapeLayers + mergeLayers + normalizationLayers + noiseLayers + imageVariations + [
      KerasLayerCoder("SeparableConv2D", decode: separableConv2D, encode: separableConv2D),
      KerasLayerCoder(
        "GlobalMaxPooling2D",
        decode: {
          GlobalMaxPooling2D(keepsAxes: try $0.bool("keepdims", default: false))
        }, encode: { globalPooling(keepsAxes: $0.keepsAxes) }),
      KerasLayerCoder("PReLU", decode: preLU) {
        ["shared_axes": .array($0.sharedAxes.map { .number(Double($0)) })]
      },
    ]

  // MARK: Shapes

  private static let shapeLayers: [KerasLayerCoder] = [
    KerasLayerCoder(
      "ZeroPadding2D", decode: { ZeroPadding2D(try margins($0, "padding")) },
      encode: { ["padding": pairs($0.margins), "data_format": "channels_last"] }),
    KerasLayerCoder(
      "Cropping2D", decode: { Cropping2D(try margins($0, "cropping")) },
      encode: { ["cropping": pairs($0.margins), "data_format": "channels_last"] }),
    KerasLayerCoder(
      "UpSampling2D",
      decode: {
        UpSampling2D(
          try $0.pair("size", in: windows, default: (2, 2)),
          interpolation: try $0.choice("interpolation", default: "nearest", of: interpolations))
      },
      encode: {
        [
          "size": pair($0.factors), "interpolation": .string($0.interpolation.rawValue),
          "data_format": "channels_last",
        ]
      }),
    KerasLayerCoder(
      "Resizing",
      decode: {
        try $0.requires("crop_to_aspect_ratio", false)
        try $0.requires("pad_to_aspect_ratio", false)
        try $0.requires("antialias", false)
        return Resizing(
          (try $0.integer("height", in: sides), try $0.integer("width", in: sides)),
          interpolation: try $0.choice("interpolation", default: "bilinear", of: interpolations))
      },
      encode: {
        [
          "height": .number(Double($0.size.height)), "width": .number(Double($0.size.width)),
          "interpolation": .string($0.interpolation.rawValue), "crop_to_aspect_ratio": false,
        ]
      }),
    KerasLayerCoder("Permute", decode: permute) {
      ["dims": .array($0.axes.map { .number(Double($0)) })]
    },
    KerasLayerCoder("Reshape", decode: reshape) {
      ["target_shape": .array($0.target.map { .number(Double($0)) })]
    },
    KerasLayerCoder("Concatenate", decode: concatenate) {
      // Keras counts the batch axis.
      ["axis": .number(Double($0.axis < 0 ? $0.axis : $0.axis + 1))]
    },
  ]

  private static let sides = 1...(1 << 16)
  private static let interpolations = Dictionary(
    uniqueKeysWithValues: Interpolation.allCases.map { ($0.rawValue, $0) })

  /// One number, a pair of rows and columns, or a pair of pairs.
  private static func margins(_ config: KerasConfig, _ key: String) throws -> Margins {
    let value = config[key] ?? 1
    let lists = (value.arrayValue ?? [value, value]).map { $0.arrayValue ?? [$0, $0] }
    let numbers = lists.flatMap { $0.compactMap(\.intValue) }
    guard lists.count == 2, lists.allSatisfy({ $0.count == 2 }), numbers.count == 4,
      numbers.allSatisfy({ 0...(1 << 12) ~= $0 })
    else {
      throw config.error(
        "'\(key)' is \(value.excerpt), expected a number, a pair, or a pair of pairs")
    }
    return Margins(top: numbers[0], bottom: numbers[1], left: numbers[2], right: numbers[3])
  }

  private static func pairs(_ margins: Margins) -> JSONValue {
    [pair((margins.top, margins.bottom)), pair((margins.left, margins.right))]
  }

  private static func numbers(_ config: KerasConfig, _ key: String) throws -> [Int] {
    let value = config[key] ?? []
    let list = value.arrayValue ?? [value]
    let numbers = list.compactMap(\.intValue)
    guard numbers.count == list.count, numbers.count <= 8 else {
      throw config.error("'\(key)' is \(value.excerpt), expected a list of whole numbers")
    }
    return numbers
  }

  private static func permute(_ config: KerasConfig) throws -> Permute {
    let axes = try numbers(config, "dims")
    guard !axes.isEmpty, axes.sorted() == Array(1...axes.count) else {
      throw config.error("'dims' is \(axes), expected an order of the axes from 1")
    }
    return Permute(axes)
  }

  private static func reshape(_ config: KerasConfig) throws -> Reshape {
    let target = try numbers(config, "target_shape")
    guard !target.isEmpty, target.count(where: { $0 == -1 }) <= 1,
      target.allSatisfy({ $0 == -1 || 1...(1 << 24) ~= $0 })
    else {
      throw config.error("'target_shape' is \(target), expected extents, at most one of them -1")
    }
    return Reshape(target)
  }

  private static func concatenate(_ config: KerasConfig) throws -> Concatenate {
    let axis = try config.integer("axis", in: -3...3, default: -1)
    guard axis != 0 else { throw config.error("'axis' is 0, the batch; expected another") }
    return Concatenate(axis: axis < 0 ? axis : axis - 1)
  }

  // MARK: Merging

  private static let mergeLayers: [KerasLayerCoder] = Merge.Operation.allCases
    .filter { $0 != .add }
    .map { operation in
      KerasLayerCoder(operation.rawValue, decode: { _ in Merge(operation) }, encode: { _ in [:] })
    }

  // MARK: Normalisation

  private static let normalizationLayers: [KerasLayerCoder] = [
    KerasLayerCoder(
      "LayerNormalization",
      decode: {
        try $0.requires("rms_scaling", false)
        return LayerNormalization(
          axisCount: try lastAxes($0), epsilon: try $0.float("epsilon", default: 1e-3),
          centers: try $0.bool("center", default: true),
          scales: try $0.bool("scale", default: true))
      },
      encode: { layer in
        [
          "axis": .array((1...layer.axisCount).reversed().map { .number(-Double($0)) }),
          "epsilon": JSONValue(layer.epsilon), "center": .bool(layer.centers),
          "scale": .bool(layer.scales),
        ]
      }),
    KerasLayerCoder(
      "Normalization",
      decode: { config in
        try config.requires("invert", false)
        let axis = try numbers(config, "axis")
        let rank = config.inputs.first?.rank ?? 0
        guard axis == [-1] || axis == [rank] || config["mean"] != nil else {
          throw config.error("'axis' is \(axis), expected the last one, -1 or \(rank)")
        }
        guard config["mean"] != nil || config["variance"] != nil else { return Normalization() }
        return Normalization(
          constants: (try floats(config, "mean"), try floats(config, "variance")))
      },
      encode: { layer in
        let list = { (values: [Float]) in JSONValue.array(values.map { JSONValue($0) }) }
        return [
          "axis": [-1], "mean": layer.constants.map { list($0.mean) } ?? .null,
          "variance": layer.constants.map { list($0.variance) } ?? .null, "invert": false,
        ]
      }),
  ]

  /// How many of the last axes `axis` names; any others are refused.
  private static func lastAxes(_ config: KerasConfig) throws -> Int {
    let rank = config.inputs.first?.rank ?? 0
    let named = config["axis"] == nil ? [-1] : try numbers(config, "axis")
    // Counted from the last, 1 being the last; Keras counts the batch axis. What lies beyond is no axis: nor may the
    // smallest number be negated.
    let fromLast = Set(
      named.filter((-rank...rank).contains).map { $0 < 0 ? -$0 : rank + 1 - $0 })
    guard fromLast == Set(1...max(1, named.count)), named.count <= rank else {
      throw config.error("'axis' is \(named), expected the last axes")
    }
    return named.count
  }

  /// Numbers, however deep their list is nested.
  private static func floats(_ config: KerasConfig, _ key: String) throws -> [Float] {
    func flat(_ value: JSONValue) -> [JSONValue] { value.arrayValue?.flatMap(flat) ?? [value] }
    let values = flat(config[key] ?? .null)
    let numbers = values.compactMap(\.doubleValue).map(Float.init)
    guard numbers.count == values.count, !numbers.isEmpty, numbers.allSatisfy(\.isFinite) else {
      throw config.error("'\(key)' is \((config[key] ?? .null).excerpt), expected numbers")
    }
    return numbers
  }

  // MARK: Noise

  private static let noiseLayers: [KerasLayerCoder] = [
    KerasLayerCoder(
      "GaussianNoise",
      decode: { Noise(.gaussian(deviation: try $0.float("stddev"))) }, encode: noise),
    KerasLayerCoder(
      "GaussianDropout", decode: { Noise(.gaussianDropout(rate: try rate($0))) }, encode: noise),
    KerasLayerCoder(
      "AlphaDropout", decode: { Noise(.alphaDropout(rate: try rate($0))) }, encode: noise),
    KerasLayerCoder(
      "SpatialDropout2D", decode: { Noise(.spatialDropout(rate: try rate($0))) }, encode: noise),
  ]

  private static func noise(_ layer: Noise) -> [String: JSONValue] {
    switch layer.kind {
    case .gaussian(let deviation): ["stddev": JSONValue(deviation)]
    case .gaussianDropout(let rate), .alphaDropout(let rate), .spatialDropout(let rate):
      ["rate": JSONValue(rate)]
    case .sharedDropout(let rate, let sharedAxes, let rank):
      // What is not named is not shared.
      [
        "rate": JSONValue(rate),
        "noise_shape": .array((0..<rank).map { sharedAxes.contains($0) ? 1 : .null }),
      ]
    }
  }

  /// Dropout, whose `noise_shape` has a one where elements fall together.
  static func dropout(_ config: KerasConfig) throws -> any Layer {
    let rate = try rate(config)
    guard let noise = config["noise_shape"] else { return Dropout(rate: rate) }
    let list = noise.arrayValue ?? []
    guard list.count == (config.inputs.first?.rank ?? 0) + 1 else {
      throw config.error("'noise_shape' is \(noise.excerpt), expected one number for each axis")
    }
    let shared = list.indices.filter { list[$0] == 1 }
    return shared.isEmpty
      ? Dropout(rate: rate)
      : Noise(.sharedDropout(rate: rate, sharedAxes: shared, rank: list.count))
  }

  static func dropout(_ layer: any Layer) throws -> (String, [String: JSONValue]) {
    switch layer {
    case let layer as Noise: ("Dropout", noise(layer))
    case let layer as Dropout: ("Dropout", ["rate": JSONValue(layer.rate)])
    default: throw EmojifyError.internalFault("a layer that calls itself Dropout is none")
    }
  }

  static func rate(_ config: KerasConfig) throws -> Float {
    // Keras 1 calls it p.
    let rate = try config.float(config["rate"] == nil && config["p"] != nil ? "p" : "rate")
    guard rate >= 0, rate < 1 else {
      throw config.error("'rate' is \(rate), expected a number from 0 to below 1")
    }
    return rate
  }

  /// What varies images while training only: nothing is left of them in a network that answers.
  private static let imageVariations: [KerasLayerCoder] =
    [
      "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast",
      "RandomBrightness", "ActivityRegularization",
    ].map { name in KerasLayerCoder(reading: name) { _ in Identity() } } + [
      KerasLayerCoder(
        "Identity", decode: { _ in Identity() },
        // Keras has an Identity only since 2.12.
        encodeNamed: { _ in ("Activation", ["activation": "linear"]) })
    ]

  // MARK: Convolution and activation

  private static func separableConv2D(_ config: KerasConfig) throws -> SeparableConv2D {
    try config.requires("dilation_rate", [1, 1], 1)
    return SeparableConv2D(
      filters: try config.integer("filters", in: sizes),
      kernelSize: try config.pair("kernel_size", in: windows),
      strides: try config.pair("strides", in: windows, default: (1, 1)),
      padding: try config.choice("padding", default: "valid", of: paddings),
      depthMultiplier: try config.integer("depth_multiplier", in: windows, default: 1),
      activation: try activation(config), usesBias: try config.bool("use_bias", default: true))
  }

  private static func separableConv2D(_ layer: SeparableConv2D) throws -> [String: JSONValue] {
    [
      "filters": .number(Double(layer.pointwise.filters)),
      "kernel_size": pair(layer.depthwise.kernelSize), "strides": pair(layer.depthwise.strides),
      "padding": .string(layer.depthwise.padding.rawValue), "data_format": "channels_last",
      "dilation_rate": [1, 1],
      "depth_multiplier": .number(Double(layer.depthwise.depthMultiplier)),
      "activation": activationName(layer.pointwise.activation),
      "use_bias": .bool(layer.pointwise.usesBias),
      "depthwise_initializer": initializer(layer.depthwise.initialization),
      "pointwise_initializer": initializer(layer.pointwise.initialization),
      "bias_initializer": zeros,
    ]
  }

  private static func preLU(_ config: KerasConfig) throws -> PReLU {
    PReLU(sharedAxes: config["shared_axes"] == nil ? [] : try numbers(config, "shared_axes"))
  }
}
