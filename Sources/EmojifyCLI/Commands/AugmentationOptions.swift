import FERCore

/// How training images are varied: a preset, and single ranges in its place.
struct AugmentationOptions {
  var preset = Augmentation.Preset.standard
  var flip: Float?
  var affine: Float?
  var rotation: Float?
  var zoom: [Float] = []
  var shift: Float?
  var crop: Int?
  var brightness: Float?
  var contrast: Float?
  var erasing: Float?
  var erasingArea: [Float] = []
  var mixup: Float?

  /// The options, for a command that keeps their values at `path`.
  static func options<Root>(_ path: WritableKeyPath<Root, Self>) -> [Option<Root>] {
    let preset = "as --augment"
    let probability = Bounds<Float>.between(0, 1)
    var whole = Option<Root>.value(
      "--augment", "<preset>", path.appending(path: \.freshPreset), "How much images are varied.")
    whole.rank = 1
    return [
      whole,
      .value(
        "--flip", "<probability>", path.appending(path: \.flip), in: probability,
        default: preset, "Mirror the image."),
      .value(
        "--affine", "<probability>", path.appending(path: \.affine), in: probability,
        default: preset, "Rotate, zoom and shift at all."),
      .value(
        "--rotation", "<degrees>", path.appending(path: \.rotation), in: .between(0, 180),
        default: preset, "Rotate by up to this, either way."),
      .value(
        "--zoom", "<low,high>", path.appending(path: \.zoom), in: .range(within: 0.1...10),
        default: preset, "Scale by a factor in this range: 0.9,1.1."),
      .value(
        "--shift", "<pixels>", path.appending(path: \.shift), in: .between(0, 65_536),
        default: preset, "Shift by up to this, any way."),
      .value(
        "--crop", "<pixels>", path.appending(path: \.crop), in: .crop,
        default: preset, "Cut out a square of this side and stretch it; 0 cuts nothing."),
      .value(
        "--brightness", "<share>", path.appending(path: \.brightness), in: .between(0, 1),
        default: preset, "Lighten or darken by up to this share of white."),
      .value(
        "--contrast", "<share>", path.appending(path: \.contrast), in: .between(0, 1),
        default: preset, "Raise or lower the contrast by up to this share."),
      .value(
        "--erasing", "<probability>", path.appending(path: \.erasing), in: probability,
        default: preset, "Replace a rectangle by noise."),
      .value(
        "--erasing-area", "<low,high>", path.appending(path: \.erasingArea),
        in: .range(within: 0...1), default: preset, "The rectangle's share of the image."),
      .value(
        "--mixup", "<alpha>", path.appending(path: \.mixup), in: .between(0, 100),
        default: preset, "Mix images in pairs, by a weight from Beta(alpha, alpha)."),
    ]
  }

  /// A preset that is named begins anew: what a recipe said of single ranges goes.
  private var freshPreset: Augmentation.Preset {
    get { preset }
    set { self = Self(preset: newValue) }
  }

  var augmentation: Augmentation {
    var result = preset.augmentation
    if let flip { result.horizontalFlip = flip }
    if let affine { result.affine = affine }
    if let rotation { result.rotationDegrees = rotation }
    if let low = zoom.first, let high = zoom.last {
      (result.zoomLow, result.zoomHigh) = (low, high)
    }
    if let shift { result.shiftPixels = shift }
    if let crop { result.cropPixels = crop }
    if let brightness { result.brightness = brightness }
    if let contrast { result.contrast = contrast }
    if let erasing { result.erasing = erasing }
    if let low = erasingArea.first, let high = erasingArea.last {
      (result.erasingAreaLow, result.erasingAreaHigh) = (low, high)
    }
    if let mixup { result.mixupAlpha = mixup }
    return result
  }
}

extension Augmentation.Preset: ArgumentChoice {}

extension Bounds where Value == Int {
  /// One pixel cannot be stretched.
  fileprivate static var crop: Bounds {
    Bounds(phrase: "0, or at least 2") { $0 == 0 || $0 >= 2 }
  }
}

extension Bounds where Value == [Float] {
  /// Two numbers within `limits`, the lower first.
  static func range(within limits: ClosedRange<Float>) -> Bounds {
    let phrase = "two numbers from \(limits.lowerBound) to \(limits.upperBound), the lower first"
    return Bounds(phrase: phrase) { values in
      values.count == 2 && values[0] <= values[1] && values.allSatisfy(limits.contains)
    }
  }
}
