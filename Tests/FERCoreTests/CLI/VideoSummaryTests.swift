import Dispatch
import FERCore
import Testing

@testable import EmojifyCLI

@Suite struct VideoSummaryTests {
  @Test func timesAddUpByFaceAndForTheAudience() {
    var summary = VideoSummary(secondsAPiece: 0.5, FaceClass.drawn)
    for step in 0..<10 {
      summary.look(at: Double(step) / 2)
      summary.add(1, .emotion(step < 4 ? .happy : .neutral))
      if step % 2 == 0 { summary.add(2, .emotion(.sad)) }
    }
    summary.look(at: 5)
    #expect(summary.faces.map(\.number) == [1, 2])
    #expect(summary.faces.map(\.seen) == [5, 2.5])
    #expect(summary.faces[0].times[Emotion.happy.rawValue] == 2)
    #expect(summary.faces[1].first == 0 && summary.faces[1].last == 4)
    #expect(VideoSummary.shares(summary.audience)[Emotion.sad.rawValue] == 2.5 / 7.5)
    #expect(summary.table.split(separator: "\n").count == 6)
    #expect(VideoSummary.shares([0, 0]) == [0, 0])
  }

  /// What is seen lasts until the next look, and each piece of time gets its own share of that.
  @Test func unevenFramesCountForTheirTime() {
    var summary = VideoSummary(secondsAPiece: 0.5, FaceClass.drawn)
    summary.look(at: 0)
    summary.add(1, .emotion(.angry))
    summary.look(at: 5)
    summary.add(1, .emotion(.happy))
    summary.add(2, .emotion(.sad))
    summary.look(at: 5.25)
    summary.look(at: 9)
    let (angry, happy, sad) = (Emotion.angry.rawValue, Emotion.happy.rawValue, Emotion.sad.rawValue)
    #expect(summary.faces.map(\.seen) == [5.25, 0.25])
    #expect(summary.faces[0].times[angry] == 5 && summary.faces[0].times[happy] == 0.25)
    #expect(summary.audience[sad] == 0.25)
    #expect(summary.pieces.count == 11)
    #expect(summary.pieces.prefix(10).allSatisfy { abs($0[angry] - 0.5) < 1e-9 })
    #expect(summary.pieces[10][happy] == 0.25 && summary.pieces[10][angry] == 0)
  }

  /// However long the video, the timeline has at most 240 pieces and loses no second.
  @Test(arguments: [1, 239, 240, 241, 100_000])
  func theTimelineStaysShort(frames: Int) {
    var summary = VideoSummary(secondsAPiece: 0.04, FaceClass.drawn)
    for frame in 0..<frames {
      summary.look(at: Double(frame) * 0.04)
      summary.add(1, .emotion(.fear))
    }
    summary.look(at: Double(frames) * 0.04)
    #expect(summary.pieces.count <= 240 && summary.pieces.count >= min(frames, 120))
    let seconds = summary.pieces.reduce(0) { $0 + $1.reduce(0, +) }
    #expect(abs(seconds - Double(frames) * 0.04) < 1e-6 * Double(frames))
    #expect(Double(summary.pieces.count) * summary.secondsAPiece >= Double(frames) * 0.04 - 0.05)
  }

  @Test func aQueueKeepsOrderAndItsLimit() {
    let queue = BoundedQueue<Int>(limit: 3)
    DispatchQueue.global().async {
      for number in 0..<1000 where !queue.push(number) { return }
      queue.finish()
    }
    var got: [Int] = []
    while let number = queue.pop() { got.append(number) }
    #expect(got == Array(0..<1000))
    #expect(queue.pop() == nil)
    #expect(!queue.push(1))
  }

  @Test func anAbandonedQueueLetsItsWriterGo() {
    let queue = BoundedQueue<Int>(limit: 1)
    let done = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      while queue.push(1) {}
      done.signal()
    }
    #expect(queue.pop() == 1)
    queue.abandon()
    #expect(done.wait(timeout: .now() + 10) == .success)
  }

  @Test func theRateIsThatOfTheLastSeconds() {
    var meter = RateMeter()
    #expect(meter.rate == 0)
    for frame in 0..<100 { meter.count(at: Double(frame) / 10) }
    for frame in 0..<100 { meter.count(at: 10 + Double(frame) / 50) }
    #expect(abs(meter.rate - 50) < 0.5)
  }
}
