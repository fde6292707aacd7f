import COpenCV
import FERCore
import Foundation

/// Finds upright frontal faces with a Haar cascade (Viola & Jones 2001; Lienhart & Maydt 2002).
///
/// One detector serves one thread at a time.
final class FaceDetector {
  /// The cascade of stumps in trees of Lienhart, Kuranov & Pisarevsky 2003: fewest false faces of
  /// OpenCV's four.
  static let cascadeName = "haarcascade_frontalface_alt2.xml"

  /// The image is reduced to this many pixels on its longer side first: time falls with the square,
  /// and a face of 2 % of the picture's width is still as large as the cascade's 20 x 20 window.
  static let workingSide = 960

  /// Each size searched is this much larger than the one before; OpenCV's default.
  static let scaleFactor = 1.1
  /// Raw detections that must agree: fewer see faces in railings and leaves, more miss turned
  /// heads.
  private static let minimumNeighbours = 5
  /// A coarse search takes larger steps, so that each face is seen about half as often.
  private static let coarse = (scaleFactor: 1.2, minimumNeighbours: 3)
  /// A box that shares more than this of its area with a better one is the same face.
  private static let duplicateOverlap = 0.4

  let cascade: CascadeHandle

  /// Throws `EmojifyError.missingInput` where no cascade is installed, `.badData` where its file is
  /// damaged.
  init() throws {
    cascade = try CascadeHandle(path: try Self.cascadeFile().path)
  }

  /// The faces in `image`, in its own pixels, from left to right (the larger first where they begin
  /// together). `minimumSide` is the side of the smallest face wanted, in pixels of `image`. A `coarse` search takes
  /// half the time, and its boxes fit less closely.
  func faces(
    in image: Image, minimumSide: Int = 0, workingSide: Int = workingSide, coarse: Bool = false
  ) throws -> [FaceBox] {
    let reduction = min(1, Double(workingSide) / Double(max(image.width, image.height)))
    let width = max(1, Int((Double(image.width) * reduction).rounded()))
    let height = max(1, Int((Double(image.height) * reduction).rounded()))
    let gray = try ImageHandle("image") {
      copencv_image_convert(
        image.handle.pointer, Int32(width), Int32(height), 1, $0, $1, $2)
    }
    try openCV("image") { copencv_image_equalize(gray.pointer, $0, $1) }

    var boxes = [copencv_box](repeating: copencv_box(), count: 1024)
    var count = 0
    let smallest = Int32(min(Double(minimumSide) * reduction, 100_000).rounded())
    try openCV("face detection") { reason, capacity in
      copencv_cascade_detect(
        cascade.pointer, gray.pointer, coarse ? Self.coarse.scaleFactor : Self.scaleFactor,
        Int32(coarse ? Self.coarse.minimumNeighbours : Self.minimumNeighbours), smallest,
        &boxes, boxes.count, &count, reason, capacity)
    }
    let found = boxes[..<count].map { box in
      let working = FaceBox(
        x: Int(box.x), y: Int(box.y), width: Int(box.width), height: Int(box.height))
      let full = working.scaled(
        horizontally: Double(image.width) / Double(width),
        vertically: Double(image.height) / Double(height))
      return (box: full, neighbours: Int(box.neighbours))
    }
    return Self.withoutDuplicates(found).sorted {
      ($0.x, -$0.area, $0.y) < ($1.x, -$1.area, $1.y)
    }
  }

  /// Keeps the box with most raw detections (the larger of equals) of each group that overlaps.
  static func withoutDuplicates(_ found: [(box: FaceBox, neighbours: Int)]) -> [FaceBox] {
    let bestFirst = found.sorted {
      ($0.neighbours, $0.box.area, $0.box.x, $0.box.y)
        > ($1.neighbours, $1.box.area, $1.box.x, $1.box.y)
    }
    var kept: [FaceBox] = []
    for (box, _) in bestFirst {
      let isDuplicate = kept.contains {
        Double($0.overlap(box)) > duplicateOverlap * Double(min($0.area, box.area))
      }
      if !isDuplicate { kept.append(box) }
    }
    return kept
  }

  /// Looks in the folder `EMOJIFY_CASCADE_DIR` names, or else where distributions and OpenCV's
  /// installer put cascades.
  static func cascadeFile(
    named: String? = ProcessInfo.processInfo.environment["EMOJIFY_CASCADE_DIR"]
  ) throws -> URL {
    let named = named.flatMap { $0.isEmpty ? nil : $0 }
    let folders =
      named.map { [$0] } ?? [
        "/usr/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades",
        "/usr/local/share/opencv4/haarcascades", "/usr/share/OpenCV/haarcascades",
      ]
    let files = folders.map { URL(fileURLWithPath: $0).appendingPathComponent(cascadeName) }
    if let file = files.first(where: { FileManager.default.fileExists(atPath: $0.path) }) {
      return file
    }
    throw EmojifyError.missingInput(
      named.map { "\($0): no \(cascadeName) in the folder EMOJIFY_CASCADE_DIR names" }
        ?? "\(cascadeName): no such face detector on this machine; install the package opencv-data")
  }
}
