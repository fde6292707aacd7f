import Foundation
import Testing

@testable import EmojifyCLI
@testable import FERCore

@Suite struct ChartTests {
  @Test(arguments: [
    ([0.31, 0.97], 0.2, 1.0), ([1.0, 1.0], 0.9, 1.1), ([0.0, 0.0], 0.0, 1.0),
    ([3.0, 47_000.0], 0.0, 50_000.0), ([-0.2, 0.7], -0.2, 0.8), ([1e-7, 9e-7], 0.0, 1e-6),
  ])
  func scalesEndAtRoundNumbers(values: [Double], low: Double, high: Double) {
    let scale = Scale(values, from: 200, to: 0)
    #expect(abs(scale.low - low) < 1e-9 * max(1, abs(low)) + 1e-12)
    #expect(abs(scale.high - high) < 1e-9 * max(1, abs(high)))
    #expect(scale.ticks.count >= 3 && scale.ticks.count <= 12)
    #expect(abs(scale(scale.low) - 200) < 1e-9 && abs(scale(scale.high)) < 1e-9)
  }

  /// What a loss may grow to: sums are taken in single precision.
  private static let largest = Double(Float.greatestFiniteMagnitude)
  private static let smallest = Double.leastNonzeroMagnitude
  private static let extremes: [[Double]] = [
    [smallest], [0, smallest], [-smallest, smallest], [smallest * 1e13, smallest * 3e13],
    [-1e-13, -1e-13],
    [1e-13, 1.05e-12], [1, 1.0000000000000002], [-1, -0.9999999999999999],
    [1e15, 1000000000000002],
    [smallest, 1], [1e30, 1e30], [largest], [-largest, largest],
  ]

  /// The scale's steps neither vanish nor overflow.
  @Test(arguments: extremes)
  func everyFiniteNumberHasAScale(values: [Double]) {
    for required in [[], [0.0]] {
      let scale = Scale(values, from: 200, to: 0, including: required)
      #expect(scale.low.isFinite && scale.high.isFinite && scale.low < scale.high)
      #expect(scale.ticks.count >= 2 && scale.ticks.count <= 12)
      #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0 < $1 })
      #expect(scale.decimals >= 0)
      let places: [Double] = values.map { scale($0) }
      let slack: ClosedRange<Double> = -0.000001...200.000001
      #expect(places.allSatisfy(slack.contains))
      if values.allSatisfy({ $0 >= 0 }) { #expect(scale.low >= 0) }
    }
  }

  @Test func aHistoryOfTheSmallestNumberIsDrawn() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("history.csv")
      try Data((HistoryWriter.header + "\n0,0.5,5e-324,1,0.5,1\n").utf8).write(to: file)
      let curves = RunCurves(runs: [.init(name: "r", epochs: try HistoryWriter.read(file))])
      _ = try SVGElements(curves.figure("r").file)
      #expect(curves.text(width: 60).contains("accuracy"))
    }
  }

  @Test func aLineHasOnePointAnEpochAndRisesWithItsValues() throws {
    let epochs = [0.2, 0.5, 0.4, 0.7].enumerated().map { index, accuracy in
      EpochRecord(
        epoch: index, accuracy: accuracy, loss: 2 - accuracy, validationAccuracy: accuracy - 0.1,
        validationLoss: 2.1 - accuracy, learningRate: 0.01)
    }
    let figure = RunCurves(runs: [.init(name: "a & <b>", epochs: epochs)]).figure("a & <b>")
    let elements = try SVGElements(figure.file)
    #expect(elements.list[0].name == "svg")
    #expect(elements.texts.contains("a & <b>"))
    // Two panels with training (colour 1) and validation (0): the line, and its mark in the legend.
    for style in ["s0", "s1"] {
      let lines = elements.lines(style).filter { $0.count > 2 }
      #expect(lines.count == 2)
      for line in lines { #expect(line.count == 4) }
      let accuracy = try #require(lines.first)
      // y grows downwards.
      #expect(accuracy[0].y > accuracy[1].y && accuracy[1].y < accuracy[2].y)
      let steps = zip(accuracy, accuracy.dropFirst()).map { $1.x - $0.x }
      #expect(steps.allSatisfy { abs($0 - steps[0]) < 0.2 })
      #expect(
        abs((accuracy[0].y - accuracy[3].y) / (accuracy[0].y - accuracy[1].y) - 5.0 / 3) < 0.01)
    }
  }

  @Test func aRunWithoutNumbersStillDraws() throws {
    for epochs in [0, 1] {
      let records = (0..<epochs).map {
        EpochRecord(
          epoch: $0, accuracy: .nan, loss: .infinity, validationAccuracy: 0.1, validationLoss: 2,
          learningRate: 0)
      }
      let run = RunCurves.Run(name: "run", epochs: records)
      _ = try SVGElements(RunCurves(runs: [run]).figure("run").file)
      _ = try SVGElements(RunCurves(runs: [run, run]).figure("runs").file)
      #expect(RunCurves(runs: [run]).text(width: 60).contains("accuracy"))
    }
  }

  @Test func aMatrixShowsEveryCellsCountAndShareOfItsRow() throws {
    var matrix = ConfusionMatrix(classNames: ["one", "two"], counts: [[3, 1], [0, 0]])
    matrix.add(truth: 1, prediction: 0)
    let elements = try SVGElements(Figure("", rows: [[MatrixChart(matrix: matrix)]]).file)
    let cells = elements.list.filter {
      $0.name == "rect" && $0.attributes["class"] == "cell"
    }
    #expect(cells.map { $0.attributes["fill-opacity"] } == ["0.75", "0.25", nil, "0"])
    #expect(
      elements.texts.contains("75%") && elements.texts.contains("one called two: 1 images, 25.0%"))
  }

  @Test func bothColourSchemesStyleEverySeries() {
    let parts = ChartStyle.sheet.components(separatedBy: "prefers-color-scheme: dark")
    #expect(parts.count == 2)
    for series in 0..<ChartStyle.seriesCount {
      for part in parts { #expect(part.contains(".s\(series) ") && part.contains(".f\(series) ")) }
    }
  }

  @Test func textChartsPutValuesAtTheirHeights() {
    let lines = [TextChart.Line(name: "up", values: [0, 1], mark: "*")]
    #expect(
      TextChart.plot(lines, width: 15, height: 3, label: NumberText.fixed) == """
        1.0 ┤       ***
        0.5 ┤   ****
        0.0 ┤***
             * up
        """)
  }

  @Test(arguments: [
    ("a<b&\"c'", "a&lt;b&amp;&quot;c&#39;"), ("\u{1}x\u{7F}", "x"), ("é 🙂", "é 🙂"),
  ])
  func textIsEscaped(text: String, escaped: String) {
    #expect(SVGDrawing.escaped(text) == escaped)
  }

  @Test(arguments: [(1.0, "1"), (0.05, "0.1"), (-0.01, "0"), (12.345, "12.3")])
  func coordinatesAreShort(value: Double, text: String) {
    #expect(SVGDrawing.number(value) == text)
  }
}
