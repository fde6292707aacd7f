import Foundation
import Testing

@testable import FERCore

@Suite struct LearningRateScheduleTests {
  /// Ten epochs of ten steps at a base rate of 1.
  func rate(_ schedule: LearningRateSchedule, _ step: Int) -> Float {
    schedule.rate(base: 1, step: step, stepsPerEpoch: 10, epochs: 10)
  }

  @Test func constantAndPlateauDoNotMove() {
    for kind in [LearningRateSchedule.Kind.constant, .plateau] {
      #expect([0, 50, 99].map { rate(LearningRateSchedule(kind: kind), $0) } == [1, 1, 1])
    }
  }

  @Test(arguments: [LearningRateSchedule.Kind.constant, .step, .cosine, .plateau])
  func warmupRisesInEqualSteps(kind: LearningRateSchedule.Kind) {
    let schedule = LearningRateSchedule(kind: kind, warmupEpochs: 0.5)
    #expect((0..<5).map { rate(schedule, $0) } == [0.2, 0.4, 0.6, 0.8, 1])
    #expect(rate(schedule, 5) == 1)
  }

  @Test func stepsAtTheEpoch() {
    var schedule = LearningRateSchedule(kind: .step)
    schedule.stepEpochs = 3
    schedule.stepFactor = 0.5
    #expect(
      [0, 29, 30, 59, 60, 99].map { rate(schedule, $0) } == [1, 1, 0.5, 0.5, 0.25, 0.125])
    // Also where a quotient of binary fractions is a little below the whole number it means.
    schedule.stepEpochs = 2.2
    #expect([21, 22, 65, 66].map { rate(schedule, $0) } == [1, 0.5, 0.25, 0.125])
  }

  @Test func cosine() {
    var schedule = LearningRateSchedule(kind: .cosine)
    schedule.finalFraction = 0.1
    #expect(rate(schedule, 0) == 1)
    #expect(abs(rate(schedule, 50) - 0.55) < 1e-7)  // half way: the mean
    #expect(rate(schedule, 99) > 0.1 && rate(schedule, 99) < 0.101)
    #expect(rate(schedule, 200) == 0.1)  // past the end it stays
    schedule.warmupEpochs = 2
    #expect(rate(schedule, 20) == 1)
    #expect(abs(rate(schedule, 60) - 0.55) < 1e-7)
  }

  @Test func oneCycle() {
    let schedule = LearningRateSchedule(kind: .oneCycle)
    #expect(abs(rate(schedule, 0) - 0.04) < 1e-7)
    #expect(abs(rate(schedule, 15) - 0.52) < 1e-6)  // half way up
    #expect(rate(schedule, 30) == 1)
    #expect(abs(rate(schedule, 99) - 4e-6) < 1e-9)
    #expect(rate(LearningRateSchedule(kind: .oneCycle, warmupEpochs: 5), 50) == 1)
  }

  @Test func warmupLongerThanTheRun() {
    let schedule = LearningRateSchedule(kind: .cosine, warmupEpochs: 20)
    #expect(rate(schedule, 99) == 1)
    #expect((0..<100).allSatisfy { rate(schedule, $0).isFinite })
  }

  @Test func survivesJSON() throws {
    let schedule = LearningRateSchedule(kind: .oneCycle, warmupEpochs: 1.5)
    let data = try JSONEncoder().encode(schedule)
    #expect(String(decoding: data, as: UTF8.self).contains("\"one-cycle\""))
    #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: data) == schedule)
  }
}
