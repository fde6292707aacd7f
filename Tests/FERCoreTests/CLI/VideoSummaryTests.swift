import Dispatch
import FERCore
import Testing

@testable import EmojifyCLI

@Suite struct VideoSummaryTests {
  @Test func timesAddUpByFaceAndForTheAudience() {
    var summary = VideoSummary(interval: 0.5, FaceClass.drawn)
    for step in 0..<10 {
      summary.add(1, .emotion(step < 4 ? .happy : .neutral), at: Double(step) / 2)
      if step % 2 == 0 { summary.add(2, .emotion(.sad), at: Double(step) / 2) }
    }
    #expect(summary.faces.map(\.number) == [1, 2])
    #expect(summary.faces.map(\.seen) == [5, 2.5])
    #expect(summary.faces[0].times[Emotion.happy.rawValue] == 2)
    #expect(summary.faces[1].first == 0 && summary.faces[1].last == 4)
    #expect(VideoSummary.shares(summary.audience)[Emotion.sad.rawValue] == 2.5 / 7.5)
    #expect(summary.table.split(separator: "\n").count == 6)
    #expect(VideoSummary.shares([0, 0]) == [0, 0])
  }

  @Test func unevenFramesCountForTheirTime() {
    var summary = VideoSummary(interval: 0.5, FaceClass.drawn)
    for (time, duration) in [(0.0, nil), (0.5, 0.5), (3.0, 2.5), (3.1, 0.1)] as [(Double, Double?)]
    {
      summary.add(1, .emotion(.sad), at: time, for: duration)
    }
    #expect(abs(summary.faces[0].seen - 3.6) < 1e-9)
    #expect(abs(summary.pieces.flatMap(\.self).reduce(0, +) - 3.6) < 1e-9)
  }

  /// However long the video, the timeline has at most 240 pieces and loses no second.
  @Test(arguments: [1, 239, 240, 241, 100_000])
  func theTimelineStaysShort(frames: Int) {
    var summary = VideoSummary(interval: 0.04, FaceClass.drawn)
    for frame in 0..<frames { summary.add(1, .emotion(.fear), at: Double(frame) * 0.04) }
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
