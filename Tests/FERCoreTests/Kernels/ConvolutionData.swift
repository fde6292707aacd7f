import Testing

@testable import FERCore

/// Random operands of one convolution, and what its passes should make of them.
struct ConvolutionData {
  let window: ReferenceWindow
  let x: GuardedFloats
  let weights: GuardedFloats
  let bias: GuardedFloats
  let dy: GuardedFloats

  init(_ window: ReferenceWindow, seed: UInt64) {
    var random = SeededRandom(seed: seed, 0xC0)
    self.window = window
    x = GuardedFloats(random.normals(window.inputCount))
    weights = GuardedFloats(random.normals(window.weightCount))
    bias = GuardedFloats(random.normals(window.outputs))
    dy = GuardedFloats(random.normals(window.outputCount))
  }

  /// `bound` makes an element's error bound of the sum of the magnitudes that went into it.
  func expectOutput(_ y: [Float], biased: Bool, relu: Bool, bound: (Double) -> Double) {
    var expected = output(x.elements.doubles, weights.elements.doubles, biased: biased)
    if relu { expected = Reference.activate(.relu, expected, columns: window.outputs) }
    let sums = output(
      x.elements.doubles.magnitudes, weights.elements.doubles.magnitudes, biased: biased,
      bias: bias.elements.doubles.magnitudes)
    expectClose(y, expected, within: sums.map(bound), "\(window) relu \(relu)")
  }

  func expectWeightGradient(_ dw: [Float], bound: (Double) -> Double) {
    let expected = Reference.convolutionWeightGradient(
      x.elements.doubles, dy.elements.doubles, window)
    let sums = Reference.convolutionWeightGradient(
      x.elements.doubles.magnitudes, dy.elements.doubles.magnitudes, window)
    expectClose(dw, expected, within: sums.map(bound), "\(window) weight gradient")
  }

  func expectInputGradient(_ dx: [Float], bound: (Double) -> Double) {
    let expected = Reference.convolutionInputGradient(
      dy.elements.doubles, weights.elements.doubles, window)
    let sums = Reference.convolutionInputGradient(
      dy.elements.doubles.magnitudes, weights.elements.doubles.magnitudes, window)
    expectClose(dx, expected, within: sums.map(bound), "\(window) input gradient")
  }

  private func output(_ x: [Double], _ w: [Double], biased: Bool, bias: [Double]? = nil)
    -> [Double]
  {
    let y = Reference.convolution(x, w, window)
    return biased ? Reference.addRow(y, bias ?? self.bias.elements.doubles) : y
  }
}
