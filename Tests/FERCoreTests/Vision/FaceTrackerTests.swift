import Testing

@testable import EmojifyCLI

@Suite struct FaceTrackerTests {
  private func face(_ x: Int, _ y: Int = 0, side: Int = 100, _ share: Float = 1) -> SeenFace {
    SeenFace(
      box: FaceBox(x: x, y: y, width: side, height: side), probabilities: [share, 1 - share])
  }

  @Test(arguments: [
    (FaceBox(x: 0, y: 0, width: 10, height: 10), 1.0),
    (FaceBox(x: 5, y: 0, width: 10, height: 10), 50.0 / 150),
    (FaceBox(x: 2, y: 2, width: 5, height: 5), 25.0 / 100),
    (FaceBox(x: 10, y: 0, width: 10, height: 10), 0.0),
  ])
  func overlapIsCommonOverWholeArea(other: FaceBox, expected: Double) {
    let box = FaceBox(x: 0, y: 0, width: 10, height: 10)
    #expect(box.intersectionOverUnion(other) == expected)
    #expect(other.intersectionOverUnion(box) == expected)
  }

  @Test func walkingFacesKeepTheirNumbersInWhateverOrderTheyAreFound() {
    var tracker = FaceTracker()
    for frame in 0..<50 {
      let (left, right) = (face(frame * 4), face(600 - frame * 4))
      tracker.update(frame % 2 == 0 ? [left, right] : [right, left], at: Double(frame) / 25)
      #expect(tracker.faces.map(\.number) == [1, 2])
      #expect(tracker.faces.map(\.found) == [left.box, right.box])
      let areSeen = tracker.faces.map(\.isSeen)
      #expect(areSeen == [true, true])
    }
  }

  /// Of a video that is looked at every two seconds a face may be in one frame only.
  @Test func confirmationsAreAskedForAsWanted() {
    for confirmations in 1...3 {
      var tracker = FaceTracker(patience: 5, confirmations: confirmations)
      tracker.update([], at: 0)
      for look in 1...4 {
        tracker.update([face(0)], at: Double(look) * 2)
        #expect(tracker.faces.map(\.number) == (look >= confirmations ? [1] : []))
      }
    }
  }

  @Test func theBetterOverlapWinsAndNoBoxIsTwoFaces() {
    let old = [face(0).box, face(40).box]
    let pairs = FaceTracker.pairs(old, [face(30).box])
    #expect(pairs.count == 1 && pairs[0] == (1, 0))
    let both = FaceTracker.pairs(old, [face(38).box, face(20).box])
    #expect(both.map(\.0) == [1, 0] && both.map(\.1) == [0, 1])
  }

  @Test func aShortGapKeepsTheNumberALongOneDoesNot() {
    var tracker = FaceTracker(patience: 0.5)
    tracker.update([face(0)], at: 0)
    tracker.update([], at: 0.25)
    #expect(tracker.faces.map(\.number) == [1])
    #expect(tracker.faces.map(\.isSeen) == [false])
    tracker.update([face(8)], at: 0.5)
    #expect(tracker.faces.map(\.number) == [1])
    tracker.update([], at: 1.0)
    #expect(tracker.faces.count == 1)
    tracker.update([], at: 1.01)
    #expect(tracker.faces == [])
    tracker.update([face(8)], at: 1.04)
    tracker.update([face(8)], at: 1.08)
    tracker.update([face(8)], at: 1.12)
    #expect(tracker.faces.map(\.number) == [2])
  }

  @Test func whatIsSeenForAFrameOrTwoIsNotShown() {
    var tracker = FaceTracker()
    tracker.update([face(0)], at: 0)
    tracker.update([face(0), face(500)], at: 0.04)
    #expect(tracker.faces.map(\.number) == [1])
    #expect(tracker.candidates.count == 2)
    tracker.update([face(0)], at: 0.08)
    tracker.update([face(0), face(500)], at: 0.12)
    #expect(tracker.faces.map(\.number) == [1])
    tracker.update([face(0), face(500)], at: 0.16)
    #expect(tracker.faces.map(\.number) == [1])
    tracker.update([face(0), face(500)], at: 0.2)
    #expect(tracker.faces.map(\.number) == [1, 2])
  }

  /// After one delay 63 % of a step are taken, at any frame rate.
  @Test(arguments: [5, 25, 30, 60, 240])
  func smoothingIsInSeconds(framesPerSecond: Int) throws {
    var tracker = FaceTracker(smoothing: 0.4)
    tracker.update([face(0, 0)], at: 0)  // certain of the first
    for frame in 1...framesPerSecond * 2 / 5 {  // 0.4 s
      tracker.update(
        [SeenFace(box: face(0).box, probabilities: [0, 1])],
        at: Double(frame) / Double(framesPerSecond))
    }
    let shares = try #require(tracker.faces.first).probabilities
    #expect(abs(shares[0] - 0.36788) < 1e-4)
    #expect(abs(shares[0] + shares[1] - 1) < 1e-5)
  }

  @Test func withoutSmoothingEachFrameSpeaksForItself() throws {
    var tracker = FaceTracker(smoothing: 0)
    for (frame, share) in ([1, 0, 0.25] as [Float]).enumerated() {
      tracker.update([face(0, 0, share)], at: Double(frame) / 25)
      #expect(tracker.faces[0].probabilities == [share, 1 - share])
    }
  }

  @Test func aTremblingBoxIsCalmedAndAStandingOneIsExact() {
    var tracker = FaceTracker()
    var sides: [Int] = []
    for frame in 0..<100 {
      tracker.update([face(0, 0, side: frame % 2 == 0 ? 100 : 110)], at: Double(frame) / 25)
      sides.append(tracker.faces[0].box.width)
    }
    let settled = sides.suffix(40)
    #expect((settled.max() ?? 0) - (settled.min() ?? 0) <= 2)
    #expect(settled.allSatisfy { abs($0 - 105) <= 2 })
    for frame in 100..<200 { tracker.update([face(7, 9, side: 80)], at: Double(frame) / 25) }
    #expect(tracker.faces[0].box == FaceBox(x: 7, y: 9, width: 80, height: 80))
  }
}
