/// How one class of Keras layers is read and written: one entry a class in `KerasLayers.table`.
struct KerasLayerCoder: Sendable {
  /// Keras' class name.
  let className: String
  /// Makes the layer from its configuration, refusing every setting that is not implemented.
  let decode: @Sendable (KerasConfig) throws -> any Layer
  /// Class name and configuration of a layer; nil for a class that is only read.
  let encode: (@Sendable (any Layer) throws -> (String, [String: JSONValue]))?

  /// A class that is written under its own name.
  init<L: Layer & SendableMetatype>(
    _ className: String, decode: @escaping @Sendable (KerasConfig) throws -> L,
    encode: @escaping @Sendable (L) throws -> [String: JSONValue]
  ) {
    self.className = className
    self.decode = { try decode($0) }
    self.encode = { layer in
      guard let layer = layer as? L else {
        throw EmojifyError.internalFault("a layer that calls itself \(className) is none")
      }
      return (className, try encode(layer))
    }
  }

  /// A class that is only read: it means what another class can say too.
  init(reading className: String, decode: @escaping @Sendable (KerasConfig) throws -> any Layer) {
    self.className = className
    self.decode = decode
    encode = nil
  }

  /// A class that several of ours stand for.
  init(
    _ className: String, decodeAny: @escaping @Sendable (KerasConfig) throws -> any Layer,
    encodeAny: @escaping @Sendable (any Layer) throws -> (String, [String: JSONValue])
  ) {
    self.className = className
    decode = decodeAny
    encode = encodeAny
  }

  /// A class whose layers may be written under several names.
  init<L: Layer & SendableMetatype>(
    _ className: String, decode: @escaping @Sendable (KerasConfig) throws -> L,
    encodeNamed: @escaping @Sendable (L) throws -> (String, [String: JSONValue])
  ) {
    self.className = className
    self.decode = { try decode($0) }
    self.encode = { layer in
      guard let layer = layer as? L else {
        throw EmojifyError.internalFault("a layer that calls itself \(className) is none")
      }
      return try encodeNamed(layer)
    }
  }
}

/// Every Keras layer FERCore reads and writes.
enum KerasLayers {
  /// The coder of a class name, or an error that lists the known ones.
  static func coder(for config: KerasConfig) throws -> KerasLayerCoder {
    if let coder = byName[config.className] { return coder }
    let known = table.map(\.className).joined(separator: ", ")
    throw config.error("this class of layers is not supported; supported are \(known)")
  }

  /// Class name and configuration that Keras 2 and 3 both read.
  static func encode(_ layer: any Layer, name: String) throws -> (String, [String: JSONValue]) {
    guard let encode = byName[layer.className]?.encode else {
      throw EmojifyError.internalFault(
        "layer '\(name)': a \(layer.className) cannot be written to a Keras file")
    }
    let (className, config) = try encode(layer)
    var common: [String: JSONValue] = ["name": .string(name), "dtype": "float32"]
    // Keras 3's does not take it, though it writes it for all others.
    if className != "SpatialDropout2D" { common["trainable"] = true }
    return (className, config.merging(common) { $1 })
  }

  private static let byName = Dictionary(
    (table + ownTable).map { ($0.className, $0) }, uniquingKeysWith: { $1 })

  static let table = basicTable + furtherTable

  /// What stands in networks in memory only.
  private static let ownTable = [
    KerasLayerCoder("ShareOfSum", decode: { _ in ShareOfSum() }, encode: { _ in [:] })
  ]

  private static let basicTable: [KerasLayerCoder] = [
    KerasLayerCoder("Conv2D", decodeAny: conv2D, encodeAny: conv2D),
    KerasLayerCoder("DepthwiseConv2D", decode: depthwiseConv2D, encode: depthwiseConv2D),
    KerasLayerCoder("BatchNormalization", decode: batchNormalization, encode: batchNormalization),
    KerasLayerCoder(
      "MaxPooling2D",
      decode: {
        let (size, strides, padding) = try poolingWindow($0)
        return MaxPooling2D(poolSize: size, strides: strides, padding: padding)
      }, encode: { poolingWindow($0.window) }),
    KerasLayerCoder(
      "AveragePooling2D",
      decode: {
        let (size, strides, padding) = try poolingWindow($0)
        return AveragePooling2D(poolSize: size, strides: strides, padding: padding)
      }, encode: { poolingWindow($0.window) }),
    KerasLayerCoder(
      "GlobalAveragePooling2D",
      decode: {
        try $0.requires("data_format", "channels_last")
        return GlobalAveragePooling2D(keepsAxes: try $0.bool("keepdims", default: false))
      }, encode: { globalPooling(keepsAxes: $0.keepsAxes) }),
    KerasLayerCoder(
      "Flatten",
      decode: {
        try $0.requires("data_format", "channels_last")
        return Flatten()
      }, encode: { _ in ["data_format": "channels_last"] }),
    KerasLayerCoder("Dense", decode: dense, encode: dense),
    KerasLayerCoder("Dropout", decodeAny: dropout, encodeAny: dropout),
    KerasLayerCoder(
      "Rescaling",
      decode: {
        Rescaling(scale: try $0.float("scale"), offset: try $0.float("offset", default: 0))
      },
      encode: { ["scale": JSONValue($0.scale), "offset": JSONValue($0.offset)] }),
    KerasLayerCoder(
      "Add",
      decodeAny: { config in
        let isOneShape = Set(config.inputs).count == 1
        return isOneShape ? Add() as any Layer : Merge(.add)
      }, encodeAny: { _ in ("Add", [:]) }),
    KerasLayerCoder(
      "Activation", decode: { Activation(try activation($0)) }, encodeNamed: activationLayer),
    KerasLayerCoder("ReLU", decodeAny: relu, encodeAny: relu),
    KerasLayerCoder(reading: "LeakyReLU") {
      Activation(.leakyReLU(slope: try KerasActivations.leakySlope($0)))
    },
    KerasLayerCoder(reading: "ELU") {
      Activation(.elu(alpha: try $0.float("alpha", default: 1)))
    },
    KerasLayerCoder(reading: "ThresholdedReLU") {
      RectifiedLinear(threshold: try $0.float("theta", default: 1))
    },
    KerasLayerCoder(reading: "Softmax") {
      try $0.requires("axis", -1)
      return Activation(.softmax)
    },
  ]

  // MARK: Layers

  static let sizes = 1...(1 << 20)
  static let windows = 1...(1 << 8)
  private static let glorot: JSONValue = ["class_name": "GlorotUniform", "config": ["seed": nil]]
  private static let heNormal: JSONValue = ["class_name": "HeNormal", "config": ["seed": nil]]
  static let zeros: JSONValue = ["class_name": "Zeros", "config": [:]]
  private static let ones: JSONValue = ["class_name": "Ones", "config": [:]]
  static let paddings = Dictionary(
    uniqueKeysWithValues: Padding.allCases.map { ($0.rawValue, $0) })

  private static func conv2D(_ config: KerasConfig) throws -> any Layer {
    let filters = try config.integer("filters", in: sizes)
    let kernelSize = try config.pair("kernel_size", in: windows)
    let strides = try config.pair("strides", in: windows, default: (1, 1))
    let padding = try config.choice("padding", default: "valid", of: paddings)
    let activation = try activation(config)
    let usesBias = try config.bool("use_bias", default: true)
    let dilation = try config.pair("dilation_rate", in: windows, default: (1, 1))
    let groups = try config.integer("groups", in: sizes, default: 1)
    guard dilation != (1, 1) || groups > 1 else {
      return Conv2D(
        filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
        activation: activation, usesBias: usesBias)
    }
    guard filters % groups == 0 else {
      throw config.error("\(filters) filters cannot be parted into \(groups) groups")
    }
    return ExpandedConv2D(
      filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
      dilation: dilation, groups: groups, activation: activation, usesBias: usesBias)
  }

  private static func conv2D(_ layer: any Layer) throws -> (String, [String: JSONValue]) {
    let expanded = layer as? ExpandedConv2D
    guard let whole = expanded?.whole ?? layer as? Conv2D else {
      throw EmojifyError.internalFault("a layer that calls itself Conv2D is none")
    }
    return (
      "Conv2D",
      [
        "filters": .number(Double(whole.filters)),
        "kernel_size": pair(expanded?.kernelSize ?? whole.kernelSize),
        "strides": pair(whole.strides), "padding": .string(whole.padding.rawValue),
        "data_format": "channels_last", "dilation_rate": pair(expanded?.dilation ?? (1, 1)),
        "groups": .number(Double(expanded?.groups ?? 1)),
        "activation": activationName(whole.activation), "use_bias": .bool(whole.usesBias),
        "kernel_initializer": initializer(whole.initialization), "bias_initializer": zeros,
      ]
    )
  }

  private static func depthwiseConv2D(_ config: KerasConfig) throws -> DepthwiseConv2D {
    try config.requires("data_format", "channels_last")
    try config.requires("dilation_rate", [1, 1], 1)
    return DepthwiseConv2D(
      kernelSize: try config.pair("kernel_size", in: windows),
      strides: try config.pair("strides", in: windows, default: (1, 1)),
      padding: try config.choice("padding", default: "valid", of: paddings),
      depthMultiplier: config["depth_multiplier"] == nil
        ? 1 : try config.integer("depth_multiplier", in: windows),
      activation: try activation(config), usesBias: try config.bool("use_bias", default: true))
  }

  private static func depthwiseConv2D(_ layer: DepthwiseConv2D) throws -> [String: JSONValue] {
    [
      "kernel_size": pair(layer.kernelSize), "strides": pair(layer.strides),
      "padding": .string(layer.padding.rawValue),
      "depth_multiplier": .number(Double(layer.depthMultiplier)), "data_format": "channels_last",
      "dilation_rate": [1, 1], "activation": activationName(layer.activation),
      "use_bias": .bool(layer.usesBias),
      "depthwise_initializer": initializer(layer.initialization), "bias_initializer": zeros,
    ]
  }

  private static func dense(_ config: KerasConfig) throws -> Dense {
    Dense(
      units: try config.integer("units", in: sizes), activation: try activation(config),
      usesBias: try config.bool("use_bias", default: true))
  }

  private static func dense(_ layer: Dense) throws -> [String: JSONValue] {
    [
      "units": .number(Double(layer.units)), "activation": activationName(layer.activation),
      "use_bias": .bool(layer.usesBias), "kernel_initializer": initializer(layer.initialization),
      "bias_initializer": zeros,
    ]
  }

  private static func batchNormalization(_ config: KerasConfig) throws -> BatchNormalization {
    if let axis = config["axis"], let rank = config.inputs.first?.rank {
      // Keras counts the batch axis; Keras 2 wraps the number in a list.
      let last = JSONValue.number(Double(rank))
      guard [-1, [-1], last, .array([last])].contains(axis) else {
        throw config.error("'axis' is \(axis.excerpt), expected the last one, -1 or \(rank)")
      }
    }
    try config.requires("renorm", false)
    return BatchNormalization(
      momentum: try config.float("momentum", default: 0.99),
      epsilon: try config.float("epsilon", default: 1e-3),
      centers: try config.bool("center", default: true),
      scales: try config.bool("scale", default: true))
  }

  private static func batchNormalization(_ layer: BatchNormalization) -> [String: JSONValue] {
    [
      "axis": -1, "momentum": JSONValue(layer.momentum), "epsilon": JSONValue(layer.epsilon),
      "center": .bool(layer.centers), "scale": .bool(layer.scales), "beta_initializer": zeros,
      "gamma_initializer": ones, "moving_mean_initializer": zeros,
      "moving_variance_initializer": ones,
    ]
  }

  private static func poolingWindow(
    _ config: KerasConfig
  ) throws -> (size: (Int, Int), strides: (Int, Int), padding: Padding) {
    try config.requires("data_format", "channels_last")
    let size = try config.pair("pool_size", in: windows, default: (2, 2))
    return (
      size, try config.pair("strides", in: windows, default: size),
      try config.choice("padding", default: "valid", of: paddings)
    )
  }

  /// Old releases of Keras 2 do not know keepdims, so it is only said where it is meant.
  static func globalPooling(keepsAxes: Bool) -> [String: JSONValue] {
    ["data_format": "channels_last"].merging(keepsAxes ? ["keepdims": true] : [:]) { $1 }
  }

  private static func poolingWindow(_ window: PoolingWindow) -> [String: JSONValue] {
    [
      "pool_size": pair(window.size), "strides": pair(window.strides),
      "padding": .string(window.padding.rawValue), "data_format": "channels_last",
    ]
  }

  // MARK: Activations

  /// The function a configuration names: `"relu"`, or an object that holds the name (Keras 3 writes several forms).
  static func activation(_ config: KerasConfig) throws -> ActivationFunction {
    guard let value = config["activation"] else { return .linear }
    return try KerasActivations.function(value, config)
  }

  /// Whether Keras has a name for a function with just these constants.
  static func hasName(_ function: ActivationFunction) -> Bool {
    [2, 3].contains {
      ActivationFunction(name: function.name, kerasVersion: $0) == function
    } && function != .gelu(isApproximate: true)
  }

  /// The name of a function inside a layer, or an object where Keras has no name for its constants: Keras 2 does not read
  /// that, so `KerasFormat` writes the function as a layer of its own.
  static func activationName(_ function: ActivationFunction) -> JSONValue {
    func layer(_ className: String, _ key: String, _ value: Float) -> JSONValue {
      ["class_name": .string(className), "config": [key: JSONValue(value)]]
    }
    return switch function {
    case .leakyReLU(let slope) where !hasName(function): layer("LeakyReLU", "negative_slope", slope)
    case .elu(let alpha) where !hasName(function): layer("ELU", "alpha", alpha)
    default: .string(function.name)
    }
  }

  /// The Keras in whose words a layer is encoded: 2 where both agree.
  static func version(of layer: any Layer) -> Int {
    function(of: layer) == ActivationFunction(name: "hard_sigmoid", kerasVersion: 3) ? 3 : 2
  }

  /// The function that a layer is or ends with.
  static func function(of layer: any Layer) -> ActivationFunction? {
    (layer as? Activation)?.function ?? innerActivation(of: layer)
  }

  /// The function that a layer of weights ends with.
  static func innerActivation(of layer: any Layer) -> ActivationFunction? {
    switch layer {
    case let layer as any WeightedLayer: layer.activation
    case let layer as SeparableConv2D: layer.pointwise.activation
    case let layer as ExpandedConv2D: layer.whole.activation
    default: nil
    }
  }

  private static func relu(_ config: KerasConfig) throws -> any Layer {
    let layer = RectifiedLinear(
      maxValue: config["max_value"] == nil ? nil : try config.float("max_value"),
      negativeSlope: try config.float("negative_slope", default: 0),
      threshold: try config.float("threshold", default: 0))
    let isPlain = layer.maxValue == nil && layer.negativeSlope == 0 && layer.threshold == 0
    return isPlain ? Activation(.relu) : layer
  }

  private static func relu(_ layer: any Layer) throws -> (String, [String: JSONValue]) {
    guard let layer = layer as? RectifiedLinear else {
      throw EmojifyError.internalFault("a layer that calls itself ReLU is none")
    }
    return (
      "ReLU",
      [
        "max_value": layer.maxValue.map { JSONValue($0) } ?? .null,
        "negative_slope": JSONValue(layer.negativeSlope), "threshold": JSONValue(layer.threshold),
      ]
    )
  }

  private static func activationLayer(
    _ layer: Activation
  ) throws -> (String, [String: JSONValue]) {
    switch layer.function {
    case .leakyReLU(let slope): ("LeakyReLU", ["alpha": JSONValue(slope)])
    case .elu(let alpha): ("ELU", ["alpha": JSONValue(alpha)])
    default: ("Activation", ["activation": activationName(layer.function)])
    }
  }

  static func initializer(_ initialization: KernelInitialization) -> JSONValue {
    switch initialization {
    case .glorotUniform: glorot
    case .heNormal: heNormal
    }
  }

  static func pair(_ pair: (Int, Int)) -> JSONValue {
    [.number(Double(pair.0)), .number(Double(pair.1))]
  }
}
