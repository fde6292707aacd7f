import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct FaceTests {
  /// Real photographs, shared between working copies; not in every one.
  static let group = PackageFolder.shared("photos/group.jpg")
  static let astronaut = PackageFolder.shared("photos/astronaut.png")

  @Test(.enabled(if: group != nil, "../shared/photos is not here"))
  func groupHasSixFacesAndNoRailing() throws {
    let image = try Image(contentsOf: #require(Self.group))
    let faces = try FaceDetector().faces(in: image)
    // Middles of the six faces, read off the picture by eye, and about half a face's width.
    let expected = [
      (285, 310, 40), (490, 370, 40), (820, 860, 200), (705, 330, 40), (968, 350, 40),
      (1237, 335, 40),
    ].sorted { $0.0 - $0.2 < $1.0 - $1.2 }
    #expect(faces.count == expected.count)
    for (face, (x, y, reach)) in zip(faces, expected) {
      #expect(abs(face.x + face.width / 2 - x) < reach / 2)
      #expect(abs(face.y + face.height / 2 - y) < reach / 2)
    }
    #expect(try FaceDetector().faces(in: image, minimumSide: 200).count == 1)
    #expect(faces.map(\.x) == faces.map(\.x).sorted())
  }

  @Test(.enabled(if: astronaut != nil, "../shared/photos is not here"))
  func astronautHasOneFace() throws {
    let image = try Image(contentsOf: #require(Self.astronaut))
    let faces = try FaceDetector().faces(in: image)
    #expect(faces.count == 1)
    #expect(try FaceCrop.grayPixels(of: faces[0], in: image).count == 48 * 48)
  }

  /// Who asks a photo for faces of a size gets them as `predict` finds them, not as a camera's picture is searched.
  @Test func aPhotoIsSearchedCloselyWhateverSizeIsAskedFor() throws {
    let detector = try FaceDetector()
    let photo = try MovingPortraits.picture(0).resized(width: 960, height: 480)
    let close = try detector.faces(in: photo)
    #expect(close.count == 2)
    for smallest in [nil, 0, 30, 60] {
      #expect(try CameraFaces.find(in: photo, smallest: smallest, with: detector) == close)
    }
  }

  @Test func emptyAndTinyPicturesHaveNoFace() throws {
    let detector = try FaceDetector()
    for (width, height) in [(1, 1), (3, 700), (2000, 1), (64, 64)] {
      let pixels = [UInt8](repeating: 128, count: width * height * 3)
      let image = try Image(width: width, height: height, pixels: pixels)
      #expect(try detector.faces(in: image) == [])
      #expect(try detector.faces(in: image, minimumSide: 5000) == [])
    }
  }

  @Test func overlappingBoxesAreOneFace() {
    let face = FaceBox(x: 10, y: 10, width: 40, height: 40)
    let within = FaceBox(x: 20, y: 20, width: 20, height: 20)
    let beside = FaceBox(x: 45, y: 10, width: 40, height: 40)
    let kept = FaceDetector.withoutDuplicates([(within, 6), (face, 9), (beside, 5)])
    #expect(kept == [face, beside])
  }

  @Test func cropIsASquareAroundTheMiddle() throws {
    let crop = FaceCrop.region(of: FaceBox(x: 100, y: 50, width: 100, height: 80))
    #expect(crop == FaceBox(x: 98, y: 38, width: 104, height: 104))
    let image = try Image(width: 10, height: 10, pixels: [UInt8](repeating: 9, count: 300))
    let corner = FaceBox(x: 5, y: 5, width: 8, height: 8)
    #expect(
      try FaceCrop.grayPixels(of: corner, in: image, side: 6)
        == [UInt8](repeating: 9, count: 36))
  }

  @Test func missingCascadeSaysWhatToInstall() throws {
    try withTemporaryFolder { folder in
      #expect(
        throws: EmojifyError.missingInput(
          "\(folder.path): no haarcascade_frontalface_alt2.xml in the folder EMOJIFY_CASCADE_DIR names"
        )
      ) { try FaceDetector.cascadeFile(named: folder.path) }
      let file = folder.appendingPathComponent(FaceDetector.cascadeName)
      try Data("<?xml version=\"1.0\"?><opencv_storage><cascade>".utf8).write(to: file)
      #expect(throws: EmojifyError.badData("\(file.path): not an OpenCV cascade")) {
        _ = try CascadeHandle(path: file.path)
      }
    }
  }
}
