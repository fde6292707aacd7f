/// The faces of a picture that is to be answered soon.
enum CameraFaces {
  /// A picture this wide or high is a camera's; a larger one is a photo, and searched for small faces too.
  static let cameraSide = 640
  /// Of a camera's picture, faces smaller than this share of its shorter side are passed over.
  private static let smallestShare = 0.1
  /// The cascade looks at 20 x 20 pixels: the smallest face wanted is made this large, and the picture with it. All sizes
  /// below are the most expensive ones to search.
  private static let smallestSide = 24

  /// - Parameter smallest: the side of the smallest face wanted, in pixels of `image`; nil asks for a tenth of a
  ///   camera's picture and for all faces of a photo.
  static func find(
    in image: Image, smallest: Int?, with detector: FaceDetector
  ) throws -> [FaceBox] {
    let longer = max(image.width, image.height)
    let shorter = Double(min(image.width, image.height))
    let wanted = smallest ?? (longer <= cameraSide ? Int(shorter * smallestShare) : 0)
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
