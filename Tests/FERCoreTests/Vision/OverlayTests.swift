import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct OverlayTests {
  private func picture(_ side: Int, rgba: [UInt8]) throws -> ImageHandle {
    let data = HandmadePNG.data(width: side, height: side, .rgba, pixels: rgba)
    return try ImageDecoder.decode(data, name: "picture", channels: 4, pixelLimit: 1000)
  }

  private func plain(_ side: Int, _ value: UInt8) throws -> Image {
    try Image(
      width: side, height: side, pixels: [UInt8](repeating: value, count: side * side * 3))
  }

  @Test func overlayMixesByAlphaAndEndsAtTheBorders() throws {
    let rgba: [UInt8] = [
      250, 0, 40, 255, 250, 0, 40, 128,
      250, 0, 40, 51, 250, 0, 40, 0,
    ]
    let over = try picture(2, rgba: rgba)
    for (x, y) in [(0, 0), (-1, -1), (2, 2), (-1, 2), (2, -1), (1, 1), (-2, 0), (0, 3), (9, 9)] {
      var canvas = try Canvas(copying: try plain(3, 100))
      try canvas.overlay(over, in: FaceBox(x: x, y: y, width: 2, height: 2))
      var expected = [UInt8](repeating: 100, count: 27)
      for row in 0..<2 {
        for column in 0..<2 {
          guard (0..<3).contains(y + row), (0..<3).contains(x + column) else { continue }
          let pixel = rgba[(row * 2 + column) * 4..<(row * 2 + column) * 4 + 4].map(Double.init)
          for (channel, colour) in [pixel[2], pixel[1], pixel[0]].enumerated() {
            let mixed = (colour * pixel[3] + 100 * (255 - pixel[3])) / 255
            expected[((y + row) * 3 + x + column) * 3 + channel] = UInt8(mixed.rounded())
          }
        }
      }
      #expect(canvas.image().pixels == expected, "at \(x), \(y)")
    }
  }

  /// OpenCV's bilinear resize at once is the reference of what is enlarged band by band, also where a part is outside.
  @Test(arguments: [(0, 0), (-37, -150), (90, 201)])
  func anEnlargedOverlayIsTheResizedPicture(x: Int, y: Int) throws {
    let (side, canvasSide) = (520, 600)
    var (rgba, bgr): ([UInt8], [UInt8]) = ([], [])
    for place in 0..<64 {
      let colour = [37, 91, 53].map { UInt8(place * $0 % 256) }
      rgba += colour + [255]
      bgr += colour.reversed()
    }
    let over = try picture(8, rgba: rgba)
    let opaque = try Image(width: 8, height: 8, pixels: bgr)
    let expected = try opaque.resized(width: side, height: side).pixels
    var canvas = try Canvas(copying: try plain(canvasSide, 100))
    try canvas.overlay(over, in: FaceBox(x: x, y: y, width: side, height: side))
    let drawn = canvas.image().pixels
    var worst = 0
    for row in 0..<canvasSide {
      for column in 0..<canvasSide {
        let isInside = (0..<side).contains(row - y) && (0..<side).contains(column - x)
        for channel in 0..<3 {
          let place = ((row - y) * side + column - x) * 3 + channel
          let wanted = isInside ? Int(expected[place]) : 100
          let found = Int(drawn[(row * canvasSide + column) * 3 + channel])
          worst = max(worst, abs(found - wanted))
        }
      }
    }
    // Its steps are a 32nd of a pixel, of at most 255.
    #expect(worst <= 9, "\(worst)")
  }

  /// The colour of a pixel nobody sees must not reach the seen ones when the picture is scaled.
  @Test func transparentColourDoesNotBleed() throws {
    let rgba = (0..<16).flatMap { index -> [UInt8] in
      index % 2 == 0 ? [0, 0, 0, 255] : [255, 255, 255, 0]
    }
    var canvas = try Canvas(copying: try plain(2, 0))
    try canvas.overlay(try picture(4, rgba: rgba), in: FaceBox(x: 0, y: 0, width: 2, height: 2))
    #expect(canvas.image().pixels == [UInt8](repeating: 0, count: 12))
  }

  @Test func drawingLeavesTheOriginalAlone() throws {
    let image = try plain(400, 100)
    let face = LabelledFace(
      box: FaceBox(x: 100, y: 150, width: 200, height: 200), emotion: .emotion(.happy), score: 0.984
    )
    #expect(face.label == "happy 98%")
    let labelled = try EmojiOverlay.labels(on: image, faces: [face])
    #expect(Set(image.pixels) == [100])
    #expect((labelled.width, labelled.height) == (400, 400))
    #expect(labelled.pixels.contains(255))  // white letters
    // Inside the frame the face is as it was.
    let inside = FaceBox(x: 110, y: 160, width: 180, height: 180)
    let gray = try labelled.grayPixels(region: inside, width: 180, height: 180)
    #expect(Set(gray) == [100])
  }

  /// Hershey's letters are ASCII: each other one is a question mark, however many bytes it has.
  @Test func lettersBeyondASCIIAreOneQuestionMark() throws {
    let image = try plain(400, 100)
    let box = FaceBox(x: 100, y: 150, width: 200, height: 200)
    let drawn = try ["fröhlich", "fr?hlich"].map { name in
      try EmojiOverlay.labels(
        on: image,
        faces: [LabelledFace(box: box, emotion: FaceClass.all(of: [name])[0], score: 0.5)])
    }
    #expect(drawn[0].pixels == drawn[1].pixels)
  }

  /// Labels stay inside pictures of any size and at any place of the face.
  @Test(arguments: [1, 2, 48, 100, 319, 320, 1000])
  func labelsOnAnySize(side: Int) throws {
    let image = try plain(side, 100)
    let half = max(1, side / 2)
    let boxes = [
      image.bounds, FaceBox(x: 0, y: 0, width: half, height: half),
      FaceBox(x: side - half, y: side - half, width: half, height: half),
      FaceBox(x: -5, y: -5, width: side + 10, height: side + 10),
    ]
    let faces = zip(boxes, FaceClass.drawn).map {
      LabelledFace(box: $0, emotion: $1, score: 1)
    }
    let labelled = try EmojiOverlay.labels(on: image, faces: faces)
    #expect(labelled.width >= 320)
    #expect(labelled.width % side == 0)
  }

  @Test func emojiCoverTheFace() throws {
    let set = try EmojiSet(folder: PackageFolder.root.appendingPathComponent("emojis"))
    let image = try plain(300, 100)
    for emotion in FaceClass.drawn {
      let faces = [
        LabelledFace(
          box: FaceBox(x: 100, y: 100, width: 100, height: 100), emotion: emotion, score: 1),
        LabelledFace(
          box: FaceBox(x: 280, y: 280, width: 60, height: 60), emotion: emotion, score: 1),
      ]
      let covered = try EmojiOverlay.emojis(on: image, faces: faces, from: set)
      let pixels = covered.pixels
      #expect(Array(pixels[..<3]) == [100, 100, 100])
      var changed = 0
      for y in 100..<200 {
        for x in 100..<200
        where pixels[(y * 300 + x) * 3..<(y * 300 + x) * 3 + 3] != [100, 100, 100] {
          changed += 1
        }
      }
      #expect(changed > 9_500)  // all but some corner pixels of the box
    }
  }

  @Test func ownEmojiAre512PixelsWithAlphaAndDistinct() throws {
    let folder = PackageFolder.root.appendingPathComponent("emojis")
    var small: [FaceClass: [UInt8]] = [:]
    for emotion in FaceClass.drawn {
      let data = try Data(contentsOf: folder.appendingPathComponent("\(emotion.name).png"))
      #expect(data.count < 60_000)
      #expect(data[25] == HandmadePNG.Colour.rgba.rawValue)  // IHDR's colour type
      let image = Image(
        try ImageDecoder.decode(data, name: emotion.name, channels: 4, pixelLimit: 1_000_000))
      #expect((image.width, image.height) == (512, 512))
      let pixels = image.pixels
      #expect(pixels[3] == 0)  // the corner
      #expect(pixels[(256 * 512 + 256) * 4 + 3] == 255)  // the middle
      small[emotion] = try image.resized(width: 48, height: 48).pixels
      let source = folder.appendingPathComponent("\(emotion.name).svg")
      #expect(FileManager.default.fileExists(atPath: source.path))
    }
    for first in FaceClass.drawn {
      for second in FaceClass.drawn where first.rank < second.rank {
        var difference = 0
        for (one, other) in zip(small[first] ?? [], small[second] ?? []) {
          difference += abs(Int(one) - Int(other))
        }
        #expect(difference / (48 * 48 * 3) > 15, "\(first) and \(second) look alike")
      }
    }
  }

  /// A class of somebody's own has no picture; an older set of seven has none of contempt.
  @Test func whatHasNoPictureGetsItsLabel() throws {
    let own = PackageFolder.root.appendingPathComponent("emojis")
    let image = try plain(400, 100)
    func drawn(_ emotion: FaceClass, _ set: EmojiSet) throws -> (emoji: Image, label: Image) {
      let faces = [
        LabelledFace(
          box: FaceBox(x: 100, y: 150, width: 200, height: 200), emotion: emotion, score: 1)
      ]
      return (
        try EmojiOverlay.emojis(on: image, faces: faces, from: set),
        try EmojiOverlay.labels(on: image, faces: faces)
      )
    }
    let whole = try EmojiSet(folder: own)
    let other = try drawn(.other("bored"), whole)
    #expect(other.emoji.pixels == other.label.pixels && other.emoji.pixels != image.pixels)
    let contempt = try drawn(.contempt, whole)
    #expect(contempt.emoji.pixels != contempt.label.pixels)
    try withTemporaryFolder { folder in
      for emotion in Emotion.allCases {
        try FileManager.default.copyItem(
          at: own.appendingPathComponent("\(emotion.name).png"),
          to: folder.appendingPathComponent("\(emotion.name).png"))
      }
      let seven = try EmojiSet(folder: folder)
      #expect(!seven.has(.contempt) && seven.has(.emotion(.sad)))
      let labelled = try drawn(.contempt, seven)
      #expect(labelled.emoji.pixels == labelled.label.pixels)
    }
  }

  @Test func incompleteFolderOfEmojiSaysWhatIsMissing() throws {
    try withTemporaryFolder { folder in
      #expect(
        throws: EmojifyError.missingInput(
          "\(folder.relativePath): no angry.png; expected a PNG for each of angry, disgust, fear, "
            + "happy, sad, surprise, neutral")
      ) { try EmojiSet(folder: folder) }
      #expect(throws: EmojifyError.self) {
        try EmojiSet(folder: folder.appendingPathComponent("none"))
      }
    }
  }
}
