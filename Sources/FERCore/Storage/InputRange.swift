/// What a network was given in training for black and white. A Keras file does not say.
public enum InputRange: Sendable, Hashable, Codable {
  /// Black is `low`, white is `high`.
  case span(low: Float, high: Float)
  /// Each image has a mean of 0 and a deviation of 1.
  case standard

  public static let raw = span(low: 0, high: 255)
  public static let unit = span(low: 0, high: 1)
  public static let symmetric = span(low: -1, high: 1)

  /// `0..1`, `-1..1`, any two numbers so, or `standard`.
  public init?(_ text: String) {
    if text == "standard" {
      self = .standard
      return
    }
    let parts = text.split(separator: "..", omittingEmptySubsequences: false)
    // The third dot of 0...1 is no decimal point.
    guard parts.count == 2, !parts.contains(where: { $0.hasPrefix(".") }),
      let low = Float(parts[0]), let high = Float(parts[1]), low.isFinite, high.isFinite, low < high
    else { return nil }
    self = .span(low: low, high: high)
  }

  public var text: String {
    switch self {
    case .standard: "standard"
    case .span(let low, let high): "\(Self.short(low))..\(Self.short(high))"
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let range = Self(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no range: \(text)")
    }
    self = range
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  private static func short(_ number: Float) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
  }

  /// The layers that bring raw 0…255 of this shape, `[height, width, channels]`, into the range; Keras has all of them.
  func layers(for shape: Shape) -> [(name: String, layer: any Layer)] {
    switch self {
    case .raw: []
    case .span(let low, let high):
      [("input_range", Rescaling(scale: (high - low) / 255, offset: low))]
    case .standard:
      // Flat: the last axis is then the whole image.
      [
        ("input_flat", Reshape([shape.count])),
        (
          "input_range",
          LayerNormalization(axisCount: 1, epsilon: 1e-6, centers: false, scales: false)
        ),
        ("input_image", Reshape(shape.dimensions)),
      ]
    }
  }
}

/// What the channels of a network's input are.
public enum ColorOrder: String, Sendable, Hashable, CaseIterable, Codable {
  /// Gray, repeated where the network has three channels.
  case gray
  case rgb
  case bgr
}
