/// The faces of a picture that is to be answered soon.
enum CameraFaces {
  /// A picture this wide or high is a camera's; a larger one is a photo, and searched for small faces too.
  static let cameraSide = 640
  /// Of a camera's picture, faces smaller than the first share of its shorter side are passed over, and if there is none,
  /// those smaller than the second: half the side is four times the work.
  private static let smallestShares = [0.15, 0.075]
  /// The cascade looks at 20 x 20 pixels: the smallest face wanted is made this large, and the picture with it. All sizes
  /// below are the most expensive ones to search.
  private static let smallestSide = 24

  /// - Parameter smallest: the side of the smallest face wanted, in pixels of `image`; nil asks for the large faces of a
  ///   camera's picture and for all faces of a photo. A photo is always searched closely.
  static func find(
    in image: Image, smallest: Int?, with detector: FaceDetector
  ) throws -> [FaceBox] {
    guard max(image.width, image.height) <= cameraSide else {
      return try detector.faces(in: image, minimumSide: smallest ?? 0)
    }
    if let smallest { return try search(image, smallest, detector) }
    for share in smallestShares {
      let side = Int(Double(min(image.width, image.height)) * share)
      let faces = try search(image, side, detector)
      if !faces.isEmpty { return faces }
    }
    return []
  }

  private static func search(
    _ image: Image, _ wanted: Int, _ detector: FaceDetector
  ) throws -> [FaceBox] {
    let reduction = Double(smallestSide) / Double(max(1, wanted))
    guard reduction < 0.9 else { return try detector.faces(in: image, minimumSide: wanted) }
    let width = max(1, Int((Double(image.width) * reduction).rounded()))
    let height = max(1, Int((Double(image.height) * reduction).rounded()))
    let reduced = try image.resized(width: width, height: height)
    return try detector.faces(in: reduced, minimumSide: smallestSide, coarse: true).map {
      $0.scaled(
        horizontally: Double(image.width) / Double(width),
        vertically: Double(image.height) / Double(height))
    }
  }
}
