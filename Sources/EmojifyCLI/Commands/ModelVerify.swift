import FERCore
import Foundation

/// `emojify model verify`: whether a model answers here as it did where it comes from.
struct ModelVerify: Command {
  static let name = "model verify"
  static let summary = "Compare a model's answers with those another program gave."
  static let examples = [
    Example(
      "emojify model verify model.h5 expected.h5",
      "The largest difference; exit 1 where it is above the tolerance.")
  ]
  static let discussion = """
    EXPECTED is an HDF5 file with the datasets 'input', [count, height, width, channels] (or with the channels second, \
    where the model has them so), and 'output', [count, classes], as numbers of 32 bits: what Keras, or any other program, was asked and what it answered.
    """
  static var positionals: [Positional<Self>] {
    [
      .one("MODEL", \.model, ModelChoice.fileOrByName),
      .one("EXPECTED", \.expected, "Inputs and the outputs they should give."),
    ]
  }
  static var options: [Option<Self>] {
    [
      .value(
        "--tolerance", "<number>", \.tolerance, in: .atLeast(0),
        "The largest difference that passes."),
      .flag("--json", \.json, "Write the differences as JSON."),
    ] + LayerOptions.options(\.layers)
  }

  var common = CommonOptions()
  var model = ""
  var expected = ""
  var tolerance = 1e-4
  var layers = LayerOptions()
  var json = false

  private struct Report: Encodable {
    let rows: Int
    let largestDifference: Double
    /// From 0.
    let row: Int
    let tolerance: Double
    let passes: Bool

    enum CodingKeys: String, CodingKey {
      case rows, row, tolerance, passes
      case largestDifference = "largest_difference"
    }
  }

  func run(_ terminal: Terminal) throws {
    let (network, _) = try layers.read(ModelChoice.file(model))
    terminal.note(ofGuess: network.guess, model)
    let file = try HDF5File(reading: URL(fileURLWithPath: expected))
    let input = Self.channelsLast(try file.readFloats("input"), for: network)
    let output = try file.readFloats("output")
    for (name, found, wanted) in [
      ("input", input.shape, network.inputShape), ("output", output.shape, network.outputShape),
    ] where found.rank < 1 || found.perSample != wanted {
      throw EmojifyError.badData(
        "\(expected): '\(name)' has shape \(found), expected \(wanted) a row")
    }
    guard output.shape[0] == input.shape[0] else {
      throw EmojifyError.badData(
        "\(expected): 'output' has \(output.shape[0]) rows, expected \(input.shape[0]), one for each of 'input'"
      )
    }
    guard input.shape[0] > 0 else {
      throw EmojifyError.badData("\(expected): 'input' has no rows, expected at least one")
    }
    let report = compare(Self.answers(of: network, to: input), with: output)
    if json {
      try JSONOutput.write(report)
    } else {
      print(
        "largest difference \(String(format: "%.3g", report.largestDifference)) in row \(report.row) of "
          + "\(report.rows): \(report.passes ? "the same" : "not the same") within \(tolerance)")
    }
    if !report.passes { throw EarlyEnd(exitCode: 1) }
  }

  /// Images as the network takes them: a model with its channels first was asked for those of `[count, channels, height,
  /// width]`.
  private static func channelsLast(_ images: Tensor, for network: Network) -> Tensor {
    let wanted = network.inputShape
    guard images.shape.rank == 4, wanted.rank == 3, images.shape.perSample != wanted,
      images.shape.perSample == [wanted[2], wanted[0], wanted[1]]
    else { return images }
    let (pixels, channels) = (wanted[0] * wanted[1], wanted[2])
    let elements = images.elements
    return Tensor(
      wanted.batched(images.shape[0]),
      elements.indices.map { place in
        let (sample, inside) = place.quotientAndRemainder(dividingBy: pixels * channels)
        let (pixel, channel) = inside.quotientAndRemainder(dividingBy: channels)
        return elements[(sample * channels + channel) * pixels + pixel]
      })
  }

  private static func answers(of network: Network, to input: Tensor) -> [Float] {
    let size = network.inputShape.count
    let plan = ExecutionPlan(
      network: network, batchSize: 1, mode: .inference, pool: WorkerPool())
    let elements = input.elements
    return (0..<input.shape[0]).flatMap { row -> [Float] in
      elements.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        plan.input.base.update(from: base + row * size, count: size)
      }
      plan.forward()
      return Array(plan.output.elements)
    }
  }

  private func compare(_ answers: [Float], with output: Tensor) -> Report {
    var (largest, worst) = (0.0, 0)
    // Not a number on both sides is the same answer.
    for (place, (a, b)) in zip(answers, output.elements).enumerated() where !(a.isNaN && b.isNaN) {
      let difference = ModelDifference.difference(a, b)
      if difference > largest { (largest, worst) = (difference, place) }
    }
    return Report(
      rows: output.shape[0], largestDifference: largest,
      row: worst / max(1, output.shape.perSample.count),
      tolerance: tolerance, passes: largest <= tolerance)
  }
}
