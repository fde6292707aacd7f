import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct VideoTests {
  @Test func whatIsWrittenIsRead() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.mp4")
      try MovingPortraits.write(to: file, frames: 30, rate: 12.5)
      let reader = try VideoReader(file: file)
      #expect(reader.frameCount == 30)
      #expect(abs(reader.framesPerSecond - 12.5) < 1e-6)
      var count = 0
      while let frame = try reader.next() {
        #expect(frame.index == count)
        #expect(abs(frame.seconds - Double(count) / 12.5) < 1e-3)
        #expect((frame.image.width, frame.image.height) == (480, 240))
        #expect(
          try Self.difference(frame.image, MovingPortraits.picture(count)) < 4, "frame \(count)")
        count += 1
      }
      #expect(count == 30)
      #expect(try reader.next() == nil)
    }
  }

  @Test(arguments: [(2, 2), (17, 33), (64, 48), (641, 361)])
  func oddSizesLoseTheirLastRowOrColumn(width: Int, height: Int) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.mp4")
      var writer = try VideoWriter(
        file: file, name: "a", framesPerSecond: 25, width: width, height: height)
      let pixels = [UInt8](repeating: 77, count: width * height * 3)
      for _ in 0..<3 { try writer.write(try Image(width: width, height: height, pixels: pixels)) }
      try writer.finish()
      let frame = try #require(try VideoReader(file: file).next())
      #expect((frame.image.width, frame.image.height) == (width / 2 * 2, height / 2 * 2))
    }
  }

  /// A phone held upright writes its frames lying, with a matrix that says how to turn them.
  @Test(arguments: [
    (0, [1, 0, 0, 1]), (90, [0, 1, -1, 0]), (180, [-1, 0, 0, -1]), (270, [0, -1, 1, 0]),
  ])
  func framesAreTurnedAsTheFileSays(degrees: Int, matrix: [Int32]) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("phone.mp4")
      let (width, height) = (64, 48)
      // White in the left upper corner only.
      var pixels = [UInt8](repeating: 5, count: width * height * 3)
      for row in 0..<height / 2 {
        let start = row * width * 3
        pixels.replaceSubrange(
          start..<start + width / 2 * 3, with: repeatElement(250, count: width / 2 * 3))
      }
      let frame = try Image(width: width, height: height, pixels: pixels)
      try HandmadeMP4.data([frame, frame], milliseconds: [40, 40], matrix: matrix).write(to: file)

      let image = try #require(try VideoReader(file: file).next()).image
      let lies = degrees % 180 == 0
      #expect((image.width, image.height) == (lies ? width : height, lies ? height : width))
      let turned = image.pixels
      let corners = [(1, 1), (3, 1), (3, 3), (1, 3)].map { x, y in
        turned[(y * image.height / 4 * image.width + x * image.width / 4) * 3] > 128
      }
      #expect(corners == (0..<4).map { $0 == degrees / 90 })
    }
  }

  /// In the dark a phone gives fewer frames; a copy has as many everywhere, and each at its time.
  @Test func framesThatComeUnevenlyKeepTheirTimes() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("dark.mp4")
      let frames = try (0..<40).map { try MovingPortraits.picture($0) }
      try HandmadeMP4.data(frames, milliseconds: frames.indices.map { $0 < 30 ? 40 : 280 })
        .write(to: file)
      func times(_ frame: Int) -> Double { Double(frame < 30 ? frame : 30 + (frame - 30) * 7) / 25 }
      let reader = try VideoReader(file: file)
      while let frame = try reader.next() {
        #expect(abs(frame.seconds - times(frame.index)) < 2e-3, "\(frame.index)")
      }

      let copy = folder.appendingPathComponent("copy.mp4")
      let count = try VideoPipeline(VideoReader(file: file), stop: StopRequest()).run(
        to: copy, named: "copy.mp4",
        look: { VideoPipeline.Annotated(image: $0.image, seconds: $0.seconds, faces: []) },
        draw: { $0.image })
      #expect(count == 40)
      let written = try VideoReader(file: copy)
      let rate = written.framesPerSecond
      #expect(abs(rate - reader.framesPerSecond) < 0.01)
      var last = 0.0
      while let frame = try written.next() {
        // What was shown at that time, or half a frame of the copy before or after it, compressed twice.
        let shown = frames.indices.filter {
          times($0) <= frame.seconds + 0.51 / rate && times($0 + 1) > frame.seconds - 0.51 / rate
        }
        let differences = shown.map { Self.difference(frame.image, frames[$0]) }
        #expect((differences.min() ?? 255) < 5, "at \(frame.seconds)")
        last = frame.seconds
      }
      #expect(abs(last - times(39)) < 1 / rate)
    }
  }

  /// Mean over all values.
  private static func difference(_ a: Image, _ b: Image) -> Double {
    let sum = zip(a.pixels, b.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(a.pixels.count)
  }

  @Test func aFrameOfAnotherSizeIsRefused() throws {
    try withTemporaryFolder { folder in
      var writer = try VideoWriter(
        file: folder.appendingPathComponent("a.mp4"), name: "a.mp4", framesPerSecond: 25, width: 32,
        height: 32)
      let other = try Image(width: 16, height: 16, pixels: [UInt8](repeating: 0, count: 768))
      do {
        try writer.write(other)
        Issue.record("was written")
      } catch {
        #expect(error as? EmojifyError == .badData("a.mp4: a frame of another size than the first"))
      }
    }
  }

  @Test func whatIsNoVideoIsOneLine() throws {
    try withTemporaryFolder { folder in
      func message(_ name: String, _ data: Data?) throws -> String {
        let file = folder.appendingPathComponent(name)
        try data?.write(to: file)
        do {
          _ = try VideoReader(file: file).next()
          return "no error"
        } catch {
          return "\(error)".replacing(file.relativePath, with: "FILE")
        }
      }
      #expect(try message("none.mp4", nil) == "FILE: no such file")
      #expect(try message("empty.mp4", Data()) == "FILE: is empty, expected a video")
      #expect(
        try message("text.mp4", Data("no video".utf8)) == "FILE: not a video that can be read")
      let noise = Data((0..<9999).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })
      #expect(try message("noise.avi", noise) == "FILE: not a video that can be read")
      let image = try MovingPortraits.picture(0).encoded(as: "png")
      #expect(
        try message("a.png", image)
          == "FILE: is an image (PNG), expected a video; 'emojify predict' labels images")
      #expect(throws: EmojifyError.self) { try VideoReader(file: folder) }
      #expect(
        throws: EmojifyError.missingInput("camera 99: there is no such camera (no /dev/video99)")
      ) { try VideoReader(device: "99") }
    }
  }

  /// Opening a pipe would wait for whoever writes into it.
  @Test func aPipeIsNoVideoAndNoModel() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appendingPathComponent("pipe")
      #expect(mkfifo(pipe.path, 0o600) == 0)
      let name = pipe.relativePath
      #expect(
        throws: EmojifyError.missingInput(
          "\(name): is not a regular file, expected a video file")
      ) { _ = try VideoReader(file: pipe) }
      #expect(
        throws: EmojifyError.missingInput(
          "\(name): is not a regular file, expected a model file")
      ) { _ = try KerasFormat.read(pipe) }
    }
  }

  /// Damage anywhere ends a video early or makes it no video; it never ends the process.
  @Test func damagedVideosAreReadAsFarAsTheyGo() throws {
    try withTemporaryFolder { folder in
      let whole = folder.appendingPathComponent("whole.mp4")
      try MovingPortraits.write(to: whole, frames: 12)
      let data = try Data(contentsOf: whole)
      let file = folder.appendingPathComponent("damaged.mp4")
      var random = SeededRandom(seed: 7)
      for trial in 0..<60 {
        var damaged = data
        if trial % 3 == 0 { damaged = damaged.prefix(Int(random.next() % UInt64(data.count))) }
        for _ in 0..<(trial % 7) where !damaged.isEmpty {
          damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(
            truncatingIfNeeded: random.next())
        }
        try damaged.write(to: file)
        var frames = 0
        do {
          let reader = try VideoReader(file: file)
          while try reader.next() != nil, frames < 1000 { frames += 1 }
        } catch is EmojifyError {}
        #expect(frames < 1000)
      }
    }
  }

  @Test func aFaceIsFoundAgainNearWhereItWas() throws {
    let detector = try FaceDetector()
    let before = try detector.faces(in: try MovingPortraits.picture(0))
    try #require(before.count == 2)
    let moved = try MovingPortraits.picture(8)
    let after = try detector.faces(in: moved)
    for (old, new) in zip(before, after) {
      let near = try #require(try detector.face(near: old, in: moved))
      #expect(near.intersectionOverUnion(new) > 0.6)
    }
    let empty = try Image(width: 480, height: 240, pixels: [UInt8](repeating: 9, count: 345_600))
    for box in before + [FaceBox(x: -500, y: 0, width: 40, height: 40)] {
      #expect(try detector.face(near: box, in: empty) == nil)
    }
  }

  @Test func thePanelStandsBesideThePicture() throws {
    let emojis = try EmojiSet(folder: PackageFolder.root.appendingPathComponent("emojis"))
    let picture = try MovingPortraits.picture(0)
    let labelled = LabelledFace(
      box: FaceBox(x: 40, y: 60, width: 100, height: 100), emotion: .emotion(.happy), score: 0.9,
      number: 2)
    #expect(labelled.label == "2: happy 90%")
    let face = EmojiPanel.Face(
      labelled: labelled, shares: FaceClass.drawn.map { ($0, $0 == .emotion(.happy) ? 0.9 : 0.02) })
    for faces in [[], [face], [face, face, face, face]] {
      let wide = try EmojiPanel.beside(picture, faces, from: emojis)
      #expect((wide.width, wide.height) == (480 + 180, 240))
      let (old, new) = (picture.pixels, wide.pixels)
      for row in [0, 100, 239] {
        #expect(old[row * 1440..<row * 1440 + 1440] == new[row * 1980..<row * 1980 + 1440])
      }
    }
  }

  @Test func anEmojiHasTheSameColoursInEverySize() throws {
    let emojis = try EmojiSet(folder: PackageFolder.root.appendingPathComponent("emojis"))
    func middle(_ side: Int) throws -> [Int] {
      let gray = [UInt8](repeating: 200, count: side * side * 3)
      var canvas = try Canvas(copying: try Image(width: side, height: side, pixels: gray))
      try emojis.draw(
        .emotion(.angry), in: FaceBox(x: 0, y: 0, width: side, height: side), on: &canvas)
      let small = try canvas.image().resized(width: 16, height: 16)
      return small.pixels.map(Int.init)
    }
    // 512 draws the picture itself, 1024 enlarges it, the last ones are a half, a quarter, an eighth of it.
    let whole = try middle(512)
    for side in [1024, 700, 256, 128, 64] {
      let part = try middle(side)
      let worst = zip(whole, part).map { abs($0 - $1) }.max() ?? 255
      #expect(worst <= 6, "side \(side)")
    }
  }
}
