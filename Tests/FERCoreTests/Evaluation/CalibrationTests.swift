import FERCore
import Testing

@Suite struct CalibrationTests {
  /// Four answers, summed up by hand.
  @Test func errorsAreTheBinsGaps() {
    let answers: [[Float]] = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.45, 0.55]]
    let calibration = Calibration(answers, labels: [0, 1, 1, 0], binCount: 2)
    #expect(calibration.bins.map(\.images) == [0, 4])
    #expect(abs(calibration.bins[1].confidence - 0.7375) < 1e-6)
    #expect(calibration.bins[1].accuracy == 0.5)
    #expect(abs(calibration.expectedError - 0.2375) < 1e-6)
    #expect(abs(calibration.maximumError - 0.2375) < 1e-6)
    // 2 · (0.1² + 0.8² + 0.3² + 0.55²) / 4
    #expect(abs(calibration.brierScore - 0.52125) < 1e-6)
  }

  @Test func gapsAreWeightedByTheirImages() {
    // Three sure answers, one wrong; one answer at 0.6 that is right.
    let answers: [[Float]] = [[1, 0], [1, 0], [1, 0], [0.6, 0.4]]
    let calibration = Calibration(answers, labels: [0, 0, 1, 0], binCount: 10)
    #expect(abs(calibration.expectedError - (0.75 / 3 + 0.25 * 0.4)) < 1e-6)
    #expect(calibration.bins[9].images == 3 && calibration.bins[6].images == 1)
  }

  @Test func noAnswersAreNoError() {
    let calibration = Calibration([], labels: [])
    #expect(calibration.expectedError == 0 && calibration.bins.count == 15)
  }
}
