@testable import FERCore

extension Reference {
  static func maxPooling(_ x: [Double], _ window: ReferenceWindow) -> [Double] {
    var y = Array(repeating: -Double.infinity, count: window.outputCount)
    let channels = window.inputs
    window.forEachTap { input, output, _ in
      for c in 0..<channels {
        let value = x[input * channels + c]
        if value > y[output * channels + c] { y[output * channels + c] = value }
      }
    }
    return y
  }

  /// Each output's gradient goes to the first of its window's largest elements.
  static func maxPoolingGradient(
    _ x: [Double], _ dy: [Double], _ window: ReferenceWindow
  ) -> [Double] {
    let y = maxPooling(x, window)
    let channels = window.inputs
    var isTaken = Array(repeating: false, count: y.count)
    var dx = Array(repeating: 0.0, count: x.count)
    window.forEachTap { input, output, _ in
      for c in 0..<channels {
        let place = output * channels + c
        guard !isTaken[place], x[input * channels + c] == y[place] else { continue }
        isTaken[place] = true
        dx[input * channels + c] += dy[place]
      }
    }
    return dx
  }

  /// The mean over the window's part inside the image.
  static func averagePooling(_ x: [Double], _ window: ReferenceWindow) -> [Double] {
    var sums = Array(repeating: 0.0, count: window.outputCount)
    let counts = tapCounts(window)
    let channels = window.inputs
    window.forEachTap { input, output, _ in
      for c in 0..<channels { sums[output * channels + c] += x[input * channels + c] }
    }
    return sums.enumerated().map { $1 / counts[$0 / channels] }
  }

  static func averagePoolingGradient(_ dy: [Double], _ window: ReferenceWindow) -> [Double] {
    var dx = Array(repeating: 0.0, count: window.inputCount)
    let counts = tapCounts(window)
    let channels = window.inputs
    window.forEachTap { input, output, _ in
      for c in 0..<channels {
        dx[input * channels + c] += dy[output * channels + c] / counts[output]
      }
    }
    return dx
  }

  /// `[batch, pixels, channels]` → `[batch, channels]`.
  static func globalAveragePooling(_ x: [Double], batch: Int, channels: Int) -> [Double] {
    let perImage = x.count / batch
    return (0..<batch).flatMap { image in
      columnSums(Array(x[image * perImage..<(image + 1) * perImage]), columns: channels)
        .map { $0 / Double(perImage / channels) }
    }
  }

  private static func tapCounts(_ window: ReferenceWindow) -> [Double] {
    var counts = Array(repeating: 0.0, count: window.outputCount / window.outputs)
    window.forEachTap { _, output, _ in counts[output] += 1 }
    return counts
  }
}
