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

  /// The largest of each 2 x 2 window, and each place names an output that is as large, up to `bound`.
  func expectPooledOutput(
    _ y: [Float], _ places: [UInt8], biased: Bool, relu: Bool, within bound: Double
  ) {
    var full = output(x.elements.doubles, weights.elements.doubles, biased: biased)
    if relu { full = Reference.activate(.relu, full, columns: window.outputs) }
    let windows = pooledWindows
    expectClose(
      y, windows.map { $0.map { full[$0] }.max() ?? .nan }, within: windows.map { _ in bound },
      "\(window) pooled, relu \(relu)")
    expectClose(
      y, zip(windows, places).map { full[$0[Int($1)]] }, within: windows.map { _ in 2 * bound },
      "\(window) places, relu \(relu)")
  }

  /// A pooled gradient where the places say, zeros elsewhere.
  func spread(_ gradient: [Float], _ places: [UInt8]) -> [Double] {
    var full = Array(repeating: 0.0, count: window.outputCount)
    for (index, window) in pooledWindows.enumerated() {
      full[window[Int(places[index])]] = Double(gradient[index])
    }
    return full
  }

  /// By pooled output: the four outputs of its window.
  private var pooledWindows: [[Int]] {
    let g = window.geometry
    var windows: [[Int]] = []
    for image in 0..<g.batch {
      for row in 0..<g.outputHeight / 2 {
        for column in 0..<g.outputWidth / 2 {
          for channel in 0..<g.outputChannels {
            windows.append(
              [(0, 0), (0, 1), (1, 0), (1, 1)].map { down, right in
                ((image * g.outputHeight + 2 * row + down) * g.outputWidth + 2 * column + right)
                  * g.outputChannels + channel
              })
          }
        }
      }
    }
    return windows
  }

  func expectWeightGradient(
    _ dw: [Float], of gradient: [Double]? = nil, bound: (Double) -> Double
  ) {
    let gradient = gradient ?? dy.elements.doubles
    let expected = Reference.convolutionWeightGradient(x.elements.doubles, gradient, window)
    let sums = Reference.convolutionWeightGradient(
      x.elements.doubles.magnitudes, gradient.magnitudes, window)
    expectClose(dw, expected, within: sums.map(bound), "\(window) weight gradient")
  }

  func expectInputGradient(_ dx: [Float], of gradient: [Double]? = nil, bound: (Double) -> Double) {
    let gradient = gradient ?? dy.elements.doubles
    let expected = Reference.convolutionInputGradient(gradient, weights.elements.doubles, window)
    let sums = Reference.convolutionInputGradient(
      gradient.magnitudes, weights.elements.doubles.magnitudes, window)
    expectClose(dx, expected, within: sums.map(bound), "\(window) input gradient")
  }

  private func output(_ x: [Double], _ w: [Double], biased: Bool, bias: [Double]? = nil)
    -> [Double]
  {
    let y = Reference.convolution(x, w, window)
    return biased ? Reference.addRow(y, bias ?? self.bias.elements.doubles) : y
  }
}
