@testable import FERCore

/// Convolution of each channel on its own; `window.outputs` is a multiple of `window.inputs`.
extension Reference {
  /// `y [batch, outHeight, outWidth, c · m] = x ∗ w`, w `[kernelHeight, kernelWidth, c, m]`.
  static func depthwiseConvolution(
    _ x: [Double], _ w: [Double], _ window: ReferenceWindow
  ) -> [Double] {
    var y = Array(repeating: 0.0, count: window.outputCount)
    forEachProduct(window) { y[$1] += x[$0] * w[$2] }
    return y
  }

  /// The gradient of `Σ dy · depthwiseConvolution(x, w)` by w.
  static func depthwiseWeightGradient(
    _ x: [Double], _ dy: [Double], _ window: ReferenceWindow
  ) -> [Double] {
    var dw = Array(
      repeating: 0.0, count: window.kernel.height * window.kernel.width * window.outputs)
    forEachProduct(window) { dw[$2] += x[$0] * dy[$1] }
    return dw
  }

  /// The gradient of `Σ dy · depthwiseConvolution(x, w)` by x.
  static func depthwiseInputGradient(
    _ dy: [Double], _ w: [Double], _ window: ReferenceWindow
  ) -> [Double] {
    var dx = Array(repeating: 0.0, count: window.inputCount)
    forEachProduct(window) { dx[$0] += dy[$1] * w[$2] }
    return dx
  }

  private static func forEachProduct(
    _ window: ReferenceWindow, _ body: (_ input: Int, _ output: Int, _ weight: Int) -> Void
  ) {
    let multiplier = window.outputs / window.inputs
    window.forEachTap { input, output, tap in
      for channel in 0..<window.inputs {
        for kernel in 0..<multiplier {
          let place = channel * multiplier + kernel
          body(
            input * window.inputs + channel, output * window.outputs + place,
            tap * window.outputs + place)
        }
      }
    }
  }
}
