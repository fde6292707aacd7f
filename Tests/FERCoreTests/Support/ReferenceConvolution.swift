@testable import FERCore

/// A window moving over an image, with TensorFlow's rules for output sizes and padding as its guide words them.
struct ReferenceWindow {
  var batch = 1
  var height: Int
  var width: Int
  var inputs: Int
  var outputs: Int
  var kernel: (height: Int, width: Int)
  var stride: (height: Int, width: Int) = (1, 1)
  var padding: Padding = .valid

  var outputHeight: Int { Self.output(height, kernel.height, stride.height, padding) }
  var outputWidth: Int { Self.output(width, kernel.width, stride.width, padding) }
  var top: Int { padding == .valid ? 0 : Self.before(height, kernel.height, stride.height) }
  var left: Int { padding == .valid ? 0 : Self.before(width, kernel.width, stride.width) }

  var inputCount: Int { batch * height * width * inputs }
  var outputCount: Int { batch * outputHeight * outputWidth * outputs }
  var weightCount: Int { kernel.height * kernel.width * inputs * outputs }

  var geometry: ConvolutionGeometry {
    ConvolutionGeometry(
      input: [batch, height, width, inputs], kernel: kernel, stride: stride, padding: padding,
      outputChannels: outputs)
  }

  private static func output(_ size: Int, _ kernel: Int, _ stride: Int, _ padding: Padding) -> Int {
    switch padding {
    // ceil((size - kernel + 1) / stride)
    case .valid: size < kernel ? 0 : (size - kernel + stride) / stride
    case .same: (size + stride - 1) / stride
    }
  }

  // Same: if size divides by stride, max(kernel - stride, 0) zeros in all, else max(kernel - size mod stride, 0); the
  // smaller half in front.
  private static func before(_ size: Int, _ kernel: Int, _ stride: Int) -> Int {
    max(kernel - (size % stride == 0 ? stride : size % stride), 0) / 2
  }

  /// Calls `body(inputPixel, outputPixel, tap)` for each pair that a tap of the window connects.
  func forEachTap(_ body: (_ input: Int, _ output: Int, _ tap: Int) -> Void) {
    for image in 0..<batch {
      for row in 0..<outputHeight {
        for column in 0..<outputWidth {
          for tapRow in 0..<kernel.height {
            for tapColumn in 0..<kernel.width {
              let y = row * stride.height + tapRow - top
              let x = column * stride.width + tapColumn - left
              guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
              body(
                (image * height + y) * width + x,
                (image * outputHeight + row) * outputWidth + column,
                tapRow * kernel.width + tapColumn)
            }
          }
        }
      }
    }
  }
}

extension ReferenceWindow: CustomStringConvertible {
  var description: String {
    "\(batch) x \(height) x \(width) x \(inputs) -> \(outputs), kernel \(kernel.height) x "
      + "\(kernel.width), stride \(stride.height) x \(stride.width), \(padding)"
  }
}

extension Reference {
  /// `y [batch, outHeight, outWidth, out] = x ∗ w`, w `[kernelHeight, kernelWidth, in, out]`.
  static func convolution(_ x: [Double], _ w: [Double], _ window: ReferenceWindow) -> [Double] {
    precondition(x.count == window.inputCount && w.count == window.weightCount)
    var y = Array(repeating: 0.0, count: window.outputCount)
    let (inputs, outputs) = (window.inputs, window.outputs)
    y.withUnsafeMutableBufferPointer { y in
      w.withUnsafeBufferPointer { w in
        window.forEachTap { input, output, tap in
          for i in 0..<inputs {
            let value = x[input * inputs + i]
            for o in 0..<outputs {
              y[output * outputs + o] += value * w[(tap * inputs + i) * outputs + o]
            }
          }
        }
      }
    }
    return y
  }

  /// The gradient of `Σ dy · convolution(x, w)` by w.
  static func convolutionWeightGradient(
    _ x: [Double], _ dy: [Double], _ window: ReferenceWindow
  ) -> [Double] {
    precondition(x.count == window.inputCount && dy.count == window.outputCount)
    var dw = Array(repeating: 0.0, count: window.weightCount)
    let (inputs, outputs) = (window.inputs, window.outputs)
    dw.withUnsafeMutableBufferPointer { dw in
      window.forEachTap { input, output, tap in
        for i in 0..<inputs {
          let value = x[input * inputs + i]
          for o in 0..<outputs {
            dw[(tap * inputs + i) * outputs + o] += value * dy[output * outputs + o]
          }
        }
      }
    }
    return dw
  }

  /// The gradient of `Σ dy · convolution(x, w)` by x.
  static func convolutionInputGradient(
    _ dy: [Double], _ w: [Double], _ window: ReferenceWindow
  ) -> [Double] {
    precondition(dy.count == window.outputCount && w.count == window.weightCount)
    var dx = Array(repeating: 0.0, count: window.inputCount)
    let (inputs, outputs) = (window.inputs, window.outputs)
    dx.withUnsafeMutableBufferPointer { dx in
      window.forEachTap { input, output, tap in
        for i in 0..<inputs {
          var sum = 0.0
          for o in 0..<outputs {
            sum += dy[output * outputs + o] * w[(tap * inputs + i) * outputs + o]
          }
          dx[input * inputs + i] += sum
        }
      }
    }
    return dx
  }
}
