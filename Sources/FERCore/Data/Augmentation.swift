/// How training images are varied. Every field is a range or a probability; all zero (`none`)
/// changes nothing.
///
/// Flip, rotation, zoom, shift and crop are one affine map with one bilinear sampling; what it
/// needs from outside the image is the nearest border pixel.
public struct Augmentation: Codable, Sendable, Equatable {
  /// Probability that an image is mirrored left to right.
  public var horizontalFlip: Float = 0
  /// Probability that rotation, zoom and shift are drawn for an image at all.
  public var affine: Float = 1
  /// Angle, uniform in ± this, about the image's centre.
  public var rotationDegrees: Float = 0
  /// Scale, uniform in `zoomLow ... zoomHigh`; above 1 the face grows.
  public var zoomLow: Float = 1
  public var zoomHigh: Float = 1
  /// Shift along each axis, uniform in ± this many pixels.
  public var shiftPixels: Float = 0
  /// Side of a square cut out at a random place and stretched to the whole image; 0 cuts nothing.
  /// Drawn for every image, whatever `affine` says. The network still sees the full image size.
  public var cropPixels: Int = 0
  /// Added to every pixel, uniform in ± this share of 255.
  public var brightness: Float = 0
  /// Factor on each pixel's distance from the image's mean, uniform in `1 ± contrast`.
  public var contrast: Float = 0
  /// Probability that a rectangle is replaced by noise (random erasing, Zhong et al. 2020).
  public var erasing: Float = 0
  /// The rectangle's share of the image's area, uniform in this range; its aspect ratio is
  /// log-uniform in 0.3 … 1/0.3.
  public var erasingAreaLow: Float = 0.02
  public var erasingAreaHigh: Float = 0.2
  /// Images and targets are mixed in pairs with a weight from Beta(α, α) (mixup, Zhang et al.
  /// 2018); 0 mixes nothing.
  public var mixupAlpha: Float = 0

  public init() {}

  /// Whether there is anything that `affine` is the probability of.
  public var moves: Bool {
    rotationDegrees > 0 || shiftPixels > 0 || zoomLow != 1 || zoomHigh != 1
  }

  public static let none = Augmentation()

  /// Mirrored, and moved a little.
  public static let light: Augmentation = {
    var light = Augmentation()
    light.horizontalFlip = 0.5
    light.rotationDegrees = 8
    light.zoomLow = 0.95
    light.zoomHigh = 1.05
    light.shiftPixels = 2
    return light
  }()

  /// Moved more, and in another light.
  public static let standard: Augmentation = {
    var standard = Augmentation.light
    standard.affine = 0.9
    standard.rotationDegrees = 12
    standard.zoomLow = 0.88
    standard.zoomHigh = 1.12
    standard.shiftPixels = 3
    standard.brightness = 0.1
    standard.contrast = 0.1
    return standard
  }()

  /// As far as a face stays readable, with parts erased: for long training.
  public static let strong: Augmentation = {
    var strong = Augmentation.standard
    strong.rotationDegrees = 15
    strong.zoomLow = 0.82
    strong.zoomHigh = 1.18
    strong.shiftPixels = 4
    strong.brightness = 0.2
    strong.contrast = 0.2
    strong.erasing = 0.4
    return strong
  }()

  /// The presets by the names the command line uses, weakest first.
  public enum Preset: String, Sendable, CaseIterable {
    case none, light, standard, strong

    public var augmentation: Augmentation {
      switch self {
      case .none: .none
      case .light: .light
      case .standard: .standard
      case .strong: .strong
      }
    }
  }

  /// Throws `EmojifyError.usage` that names the field out of range, for images of `side` pixels; without it for those of any size.
  public func validate(side: Int = 1 << 16) throws {
    func check(_ isGood: Bool, _ name: String, _ value: some Any, _ expected: String) throws {
      guard isGood else {
        throw EmojifyError.usage("augmentation: \(name) is \(value), expected \(expected)")
      }
    }
    let probability: ClosedRange<Float> = 0...1
    try check(probability ~= horizontalFlip, "horizontalFlip", horizontalFlip, "0 to 1")
    try check(probability ~= affine, "affine", affine, "0 to 1")
    try check(0...180 ~= rotationDegrees, "rotationDegrees", rotationDegrees, "0 to 180")
    try check(zoomLow >= 0.1 && zoomLow <= zoomHigh, "zoomLow", zoomLow, "0.1 to zoomHigh")
    try check(zoomHigh <= 10, "zoomHigh", zoomHigh, "at most 10")
    try check(0...Float(side) ~= shiftPixels, "shiftPixels", shiftPixels, "0 to \(side)")
    try check(
      cropPixels == 0 || 2...side ~= cropPixels, "cropPixels", cropPixels, "0 or 2 to \(side)")
    try check(probability ~= brightness, "brightness", brightness, "0 to 1")
    try check(probability ~= contrast, "contrast", contrast, "0 to 1")
    try check(probability ~= erasing, "erasing", erasing, "0 to 1")
    try check(
      erasingAreaLow >= 0 && erasingAreaLow <= erasingAreaHigh, "erasingAreaLow", erasingAreaLow,
      "0 to erasingAreaHigh")
    try check(erasingAreaHigh <= 1, "erasingAreaHigh", erasingAreaHigh, "at most 1")
    try check(0...100 ~= mixupAlpha, "mixupAlpha", mixupAlpha, "0 to 100")
  }
}
