import Foundation
import Testing

@testable import FERCore

@Suite struct DrawnFacesTests {
  @Test func theSameSeedDrawsTheSameFaces() {
    let faces = DrawnFaces.draw(count: 30, seed: 4)
    #expect(faces.pixels == DrawnFaces.draw(count: 30, seed: 4).pixels)
    #expect(faces.pixels != DrawnFaces.draw(count: 30, seed: 5).pixels)
    // A face does not depend on how many are drawn.
    #expect(faces.image(9) == DrawnFaces.draw(count: 10, seed: 4).image(9))
    #expect(faces.labels == (0..<30).map { UInt8($0 % 7) })
    #expect(FaceDataset.Split.allCases.map { faces.indices(of: $0).count } == [24, 3, 3])
  }

  @Test func facesDifferAndUseTheGrayScale() {
    let faces = DrawnFaces.draw(count: 70, seed: 1)
    #expect(Set((0..<70).map { faces.image($0) }).count == 70)
    for index in 0..<70 {
      let image = faces.image(index).map(Double.init)
      let mean = image.reduce(0, +) / 2304
      let deviation = (image.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2304).squareRoot()
      #expect(mean > 15 && mean < 240 && deviation > 8, "face \(index)")
    }
  }

  /// On one person in one view, each expression moves what FACS says it moves.
  @Test func expressionsChangeTheRightParts() {
    func picture(_ emotion: Emotion) -> [Float] {
      let painter = FacePainter(
        person: DrawnPerson(), expression: FaceExpression(emotion), softness: 0.05)
      return (0..<96 * 96).map { index in
        painter.tone((Float(index % 96) - 47.5) / 36, (Float(index / 96) - 47.5) / 36)
      }
    }
    func change(_ emotion: Emotion, rows: ClosedRange<Float>) -> Float {
      let (a, b) = (picture(.neutral), picture(emotion))
      let places = a.indices.filter { rows ~= (Float($0 / 96) - 47.5) / 36 }
      return places.reduce(0) { $0 + abs(a[$1] - b[$1]) } / Float(places.count)
    }
    let (eyesAndBrows, mouth): (ClosedRange<Float>, ClosedRange<Float>) = (-0.75...0, 0.45...1.1)
    #expect(change(.happy, rows: mouth) > change(.happy, rows: eyesAndBrows))
    #expect(change(.angry, rows: eyesAndBrows) > change(.angry, rows: mouth))
    #expect(change(.surprise, rows: mouth) > change(.angry, rows: mouth))
    for emotion in Emotion.allCases where emotion != .neutral {
      #expect(change(emotion, rows: -1...1.2) > 0.005, "\(emotion)")
    }
  }

  @Test func portraitsAreSeededAndHaveALightFaceInTheMiddle() {
    let portrait = DrawnFaces.portrait(emotion: .happy, seed: 3)
    #expect(portrait.count == 400 * 400)
    #expect(portrait == DrawnFaces.portrait(emotion: .happy, seed: 3))
    #expect(portrait != DrawnFaces.portrait(emotion: .happy, seed: 4))
    #expect(DrawnFaces.portrait(emotion: .sad, seed: 3, side: 64).count == 64 * 64)
  }

  @Test func aWrittenTableReadsBackTheSame() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("faces.csv")
      let faces = DrawnFaces.draw(count: 300, seed: 2)
      try faces.writeCSV(to: file)
      let read = try FaceTableReader.read(file)
      #expect(read.pixels == faces.pixels && read.labels == faces.labels)
      #expect(read.splits == faces.splits)
      // Classes of a selection keep the numbers FER-2013 gives them.
      try faces.selecting(classes: ["happy", "sad"]).writeCSV(to: file)
      #expect(Set(try FaceTableReader.read(file).labels) == [3, 4])
      // Line by line as a person would write it.
      let one = FaceDataset(side: 2, pixels: [0, 9, 10, 255], labels: [6], splits: [.publicTest])
      try one.writeCSV(to: file)
      #expect(
        try String(contentsOf: file, encoding: .utf8)
          == "emotion,pixels,Usage\n6,0 9 10 255,PublicTest\n")
      let own = FaceDataset(
        side: 1, pixels: [0], labels: [0], splits: [.training], classNames: ["cat"])
      #expect(throws: EmojifyError.self) { try own.writeCSV(to: file) }
    }
  }
}
