/// From a detected box to the network's input.
enum FaceCrop {
  /// The crop's side as a multiple of the box's. FER-2013's images were cut by a detector of this
  /// kind: run on 750 of its training images, ours finds one face in 529, centred (median) within
  /// 1 % of the middle and 0.96 of the image wide; 1 / 0.96 shows the network what it was trained
  /// on.
  static let scale = 1.04

  /// The square around the box that is shown to the network; it may leave the image.
  static func region(of face: FaceBox) -> FaceBox {
    let side = max(1, Int((Double(max(face.width, face.height)) * scale).rounded()))
    return FaceBox(
      x: face.x + (face.width - side) / 2, y: face.y + (face.height - side) / 2,
      width: side, height: side)
  }

  /// The face as gray values, `[side, side]`; beyond the image's border its border pixels are
  /// repeated.
  static func grayPixels(of face: FaceBox, in image: Image, side: Int = 48) throws -> [UInt8] {
    try pixels(of: face, in: image, as: FaceFormat(width: side, height: side))
  }

  /// The face in a network's form, scaled straight from the image to it.
  static func pixels(
    of face: FaceBox, in image: Image, as format: FaceFormat
  ) throws -> [UInt8] {
    try image.pixels(region: region(of: face), as: format)
  }
}
