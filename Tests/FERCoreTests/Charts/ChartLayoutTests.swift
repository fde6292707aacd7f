import Foundation
import Testing

@testable import EmojifyCLI
@testable import FERCore

/// That what a chart writes stands inside it, beside what it names.
@Suite struct ChartLayoutTests {
  private func epochs(_ rates: [Double]) -> [EpochRecord] {
    rates.enumerated().map { index, rate in
      EpochRecord(
        epoch: index, accuracy: 0.4, loss: 1.5, validationAccuracy: 0.3 + 0.1 * Double(index),
        validationLoss: 1.7, learningRate: rate)
    }
  }

  private func line(through xs: [Double]) throws -> SVGElements {
    let series = LineChart.Series(name: "", points: xs.map { ($0, 0.5) }, colour: 0)
    let chart = LineChart(title: "", horizontal: "seconds", series: [series])
    return try SVGElements(Figure.inline(chart))
  }

  /// The tick labels under a lone line chart.
  private func horizontalLabels(_ elements: SVGElements) -> [SVGElements.Element] {
    elements.named("text", "small faint").filter {
      $0.attributes["text-anchor"] == "middle" && Double($0.text) != nil
    }
  }

  @Test(arguments: [1, 2, 5, 13, 40])
  func manyRunsLeaveTheLinesTheirRoom(count: Int) throws {
    let runs = (0..<count).map {
      RunCurves.Run(
        name: "20260718-0930\(10 + $0)-emojimation", epochs: epochs([0.01, 0.02]))
    }
    let elements = try SVGElements(RunCurves(runs: runs).figure("runs").file)
    let height = elements.list[0].number("height")
    let grid = elements.named("line", "grid")
    // Three panels side by side: each one's lines go up the page from its axis.
    for panel in Dictionary(grouping: grid, by: { $0.number("x1") }).values {
      let ys = panel.map { $0.number("y1") }
      #expect(zip(ys, ys.dropFirst()).allSatisfy { $0 > $1 })
      let (first, last) = (try #require(ys.first), try #require(ys.last))
      #expect(first - last > 200)
    }
    #expect(grid.count > 9)
    let highest = try #require(grid.map { $0.number("y1") }.min())
    let names = elements.named("text", "small").filter { $0.text.hasSuffix("-emojimation") }
    #expect(names.count == (count == 1 ? 0 : 3 * count))
    #expect(names.allSatisfy { $0.number("y") < highest })
    #expect(elements.list.filter { $0.name == "text" }.allSatisfy { $0.number("y") < height })
  }

  @Test(arguments: [1, 3, 6, 7, 12])
  func aVideosLegendShowsEveryRowAndTheAudience(faces: Int) throws {
    let rows = (1...faces).map {
      EmotionTimeline.Row(name: "face \($0)", shares: [0.25, 0.75], seconds: 123.4)
    }
    let audience = EmotionTimeline.Row(name: "audience", shares: [0.5, 0.5], seconds: 1234.5)
    let timeline = EmotionTimeline(
      rows: rows + [audience], names: ["happy", "sad"], pieces: [[1, 2], [3, 1]],
      secondsAPiece: 1)
    let elements = try SVGElements(timeline.figure("video.mp4").file)
    let width = elements.list[0].number("width")
    let names = elements.named("text", "small").filter { $0.text.hasSuffix(" s)") }
    #expect(names.count == min(faces + 1, 8))
    #expect(names.last?.text == "audience (1234.5 s)")
    // 6 pixels hold a letter of 11 pixels' height, on average.
    #expect(names.allSatisfy { $0.number("x") + 6 * Double($0.text.count) < width })
    let places = Set(names.map { "\($0.number("x")) \($0.number("y"))" })
    #expect(places.count == names.count)
    let firstBar = try #require(elements.named("rect", "track").map { $0.number("y") }.min())
    #expect(names.allSatisfy { $0.number("y") < firstBar })
  }

  @Test func nothingSeenIsAnAxisFromZero() throws {
    let audience = EmotionTimeline.Row(name: "audience", shares: [0, 0], seconds: 0)
    let timeline = EmotionTimeline(
      rows: [audience], names: ["happy", "sad"], pieces: [], secondsAPiece: 1)
    let texts = try SVGElements(timeline.figure("empty.mp4").file).texts
    #expect(texts.contains("0%") && texts.contains("100%"))
    #expect(!texts.contains { $0.hasPrefix("-") })
  }

  @Test func ratesOfZeroAreAnAxisFromZero() throws {
    let run = RunCurves.Run(name: "run", epochs: epochs([0, 0, 0]))
    let texts = try SVGElements(RunCurves(runs: [run]).figure("run").file).texts
    #expect(!texts.contains { $0.hasPrefix("-") })
  }

  @Test(
    arguments: [
      [10.2, 11.9], [0.25, 0.75], [0.5, 1.5, 2.5], [99.95, 100.05], [3, 3.9], [1, 30], [0.5, 600],
    ] as [[Double]])
  func horizontalLabelsStandWhereTheirNumbersLie(xs: [Double]) throws {
    let elements = try line(through: xs)
    let line = try #require(elements.lines("s0").first)
    let (first, last) = (line[0], line[line.count - 1])
    let perPixel = (xs[xs.count - 1] - xs[0]) / (last.x - first.x)
    let labels = horizontalLabels(elements)
    #expect(labels.count >= 2)
    for label in labels {
      let value = xs[0] + (label.number("x") - first.x) * perPixel
      // Coordinates have a decimal: the point's and the label's are each half a tenth of a pixel off at most.
      #expect(abs(value - (Double(label.text) ?? .nan)) <= 0.2 * perPixel)
    }
  }

  @Test(arguments: [(0.5, "0.5"), (1.0, "1"), (0.25, "0.25"), (12.5, "12.5")])
  func aLonePointsLabelIsItsNumber(x: Double, text: String) throws {
    let elements = try line(through: [x])
    let labels = horizontalLabels(elements)
    #expect(labels.map(\.text) == [text])
    let dot = try #require(elements.list.first { $0.name == "circle" })
    #expect(labels[0].number("x") == dot.number("cx"))
  }
}
