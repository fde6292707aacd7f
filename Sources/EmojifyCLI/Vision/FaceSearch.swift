import COpenCV
import FERCore

/// Finds a face again near where it was: a small piece of the frame, and only about its size. It costs a fraction of a
/// search of the whole frame, so it can be done in every one.
extension FaceDetector {
  /// The piece searched, as a multiple of the face's side: how far it may move is half of what is over.
  private static let reach = 1.7
  /// The face's side in the piece, in pixels: fine enough for its place, small enough to be quick.
  private static let searchedSide = 40.0
  /// The smallest size looked for, as a share of the face's.
  private static let smallest = 0.75
  /// Fewer agreeing detections than for a face nobody knows of.
  private static let neighbours: Int32 = 3

  /// The face that was at `box` in the frame before, if it is still there.
  func face(near box: FaceBox, in image: Image) throws -> FaceBox? {
    let side = max(box.width, box.height, 1)
    let span = max(2, Int((Double(side) * Self.reach).rounded()))
    let region = FaceBox(
      x: box.x + (box.width - span) / 2, y: box.y + (box.height - span) / 2, width: span,
      height: span)
    guard region.overlap(image.bounds) > 0 else { return nil }
    let scale = min(1, Self.searchedSide / Double(side))
    let working = max(1, Int((Double(span) * scale).rounded()))
    let gray = try GrayImage.handle(
      try image.grayPixels(region: region, width: working, height: working), side: working)
    try openCV("image") { copencv_image_equalize(gray.pointer, $0, $1) }

    var boxes = [copencv_box](repeating: copencv_box(), count: 64)
    var count = 0
    let minimum = Int32((Double(side) * scale * Self.smallest).rounded())
    try openCV("face detection") { reason, capacity in
      copencv_cascade_detect(
        cascade.pointer, gray.pointer, Self.scaleFactor, Self.neighbours, minimum, &boxes,
        boxes.count, &count, reason, capacity)
    }
    let back = Double(span) / Double(working)
    let found = boxes[..<count].map { found in
      var face = FaceBox(
        x: Int(found.x), y: Int(found.y), width: Int(found.width), height: Int(found.height)
      ).scaled(horizontally: back, vertically: back)
      face.x += region.x
      face.y += region.y
      return face
    }
    return found.filter { $0.intersectionOverUnion(box) >= FaceTracker.minimumOverlap }
      .max { $0.intersectionOverUnion(box) < $1.intersectionOverUnion(box) }
  }
}
