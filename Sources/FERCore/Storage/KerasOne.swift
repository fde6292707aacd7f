/// The layers of Keras 1 in the words of Keras 2.
enum KerasOne {
  /// The configuration as Keras 2 would have written it, and whether kernels are in Theano's order of axes; nil where
  /// nothing in it is of Keras 1.
  static func modern(_ config: KerasConfig) throws -> (config: KerasConfig, filtersFirst: Bool)? {
    var values = config.values
    let isOld =
      classes[config.className] != nil || config.className == "Merge"
      || keys.contains { old, new in values[old] != nil && values[new] == nil }
      || values["nb_row"] != nil || values["dim_ordering"] != nil
      || config.className == "BatchNormalization" && values["mode"] != nil
    guard isOld else { return nil }
    for (old, new) in keys where values[new] == nil {
      if let value = values.removeValue(forKey: old) { values[new] = value }
    }
    if let rows = values["nb_row"], let columns = values["nb_col"] {
      values["kernel_size"] = [rows, columns]
    }
    var filtersFirst = false
    if let ordering = values.removeValue(forKey: "dim_ordering") {
      guard let format = orderings[ordering.stringValue ?? ""] else {
        throw config.error("'dim_ordering' is \(ordering.excerpt), expected th or tf")
      }
      filtersFirst = format == "channels_first"
      values["data_format"] = .string(format)
    }
    if config.className == "ZeroPadding2D", let padding = values["padding"] {
      values["padding"] = margins(padding)
    }
    if config.className == "BatchNormalization" {
      guard [nil, 0].contains(values.removeValue(forKey: "mode")) else {
        throw config.error("'mode' is \((config["mode"] ?? .null).excerpt), expected 0")
      }
    }
    var className = classes[config.className] ?? config.className
    if className == "Merge" {
      let mode = try config.choice("mode", default: "sum", of: merges)
      className = mode
      if mode == "Concatenate" { values["axis"] = values["concat_axis"] ?? -1 }
    }
    return (config.replacing(className: className, values: values), filtersFirst)
  }

  private static let classes = [
    "Convolution2D": "Conv2D", "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
  ]
  private static let keys = [
    "nb_filter": "filters", "border_mode": "padding", "subsample": "strides",
    "output_dim": "units", "bias": "use_bias", "p": "rate", "sigma": "stddev",
    "atrous_rate": "dilation_rate",
  ]
  private static let orderings = ["th": "channels_first", "tf": "channels_last"]
  private static let merges = [
    "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate",
  ]

  /// Keras 1 names four sides by a list or by a dictionary.
  private static func margins(_ padding: JSONValue) -> JSONValue {
    if let sides = padding.arrayValue, sides.count == 4 {
      return [[sides[0], sides[1]], [sides[2], sides[3]]]
    }
    guard padding.objectValue != nil else { return padding }
    let side = { (name: String) in padding["\(name)_pad"] ?? 0 }
    return [[side("top"), side("bottom")], [side("left"), side("right")]]
  }
}
