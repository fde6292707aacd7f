/// How a resized image gets its pixels.
public enum Interpolation: String, CaseIterable, Sendable { case nearest, bilinear }

/// Images in another size, by the nearest pixel or by interpolation between the four around (bilinear). Pixel centres lie
/// at half coordinates, as in TensorFlow 2's `tf.image.resize`; nothing is averaged when an image shrinks.
struct Resampling {
  /// Along one axis, by output place: the two input places it lies between, and how near it is to the second.
  private struct Axis {
    var first: [Int] = []
    var second: [Int] = []
    var share: [Float] = []

    init(from input: Int, to output: Int, _ method: Interpolation) {
      let step = Double(input) / Double(output)
      for place in 0..<output {
        let centre = (Double(place) + 0.5) * step
        switch method {
        case .nearest:
          first.append(min(input - 1, Int(centre)))
          second.append(first[place])
          share.append(0)
        case .bilinear:
          let position = centre - 0.5
          let floor = position.rounded(.down)
          first.append(min(input - 1, max(0, Int(floor))))
          second.append(min(input - 1, max(0, Int(floor) + 1)))
          share.append(Float(position - floor))
        }
      }
    }
  }

  private let rows: Axis
  private let columns: Axis
  private let input: Shape
  private let output: Shape

  /// - Parameters: per-sample shapes `[height, width, channels]` of one channel count.
  init(from input: Shape, to output: Shape, method: Interpolation) {
    precondition(input.rank == 3 && output.rank == 3 && input[2] == output[2])
    self.input = input
    self.output = output
    rows = Axis(from: input[0], to: output[0], method)
    columns = Axis(from: input[1], to: output[1], method)
  }

  func forward(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, batch: Int, pool: WorkerPool
  ) {
    pool.run(blocks: batch) { _, sample in
      let (from, to) = (x + sample * input.count, y + sample * output.count)
      eachCorner { target, sources, weights, channels in
        for c in 0..<channels {
          var sum: Float = 0
          for k in 0..<4 { sum += weights[k] * from[sources[k] + c] }
          to[target + c] = sum
        }
      }
    }
  }

  func backward(
    _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, batch: Int, pool: WorkerPool
  ) {
    pool.run(blocks: batch) { _, sample in
      let (from, to) = (dy + sample * output.count, dx + sample * input.count)
      to.update(repeating: 0, count: input.count)
      eachCorner { target, sources, weights, channels in
        for k in 0..<4 {
          for c in 0..<channels { to[sources[k] + c] += weights[k] * from[target + c] }
        }
      }
    }
  }

  /// Calls `body` for each output pixel with its place, the places of the four input pixels and their weights.
  @inline(__always)
  private func eachCorner(
    _ body: (_ target: Int, _ sources: SIMD4<Int>, _ weights: SIMD4<Float>, _ channels: Int) -> Void
  ) {
    let channels = input[2]
    for row in 0..<output[0] {
      let (top, bottom) = (rows.first[row] * input[1], rows.second[row] * input[1])
      let v = rows.share[row]
      for column in 0..<output[1] {
        let (left, right) = (columns.first[column], columns.second[column])
        let h = columns.share[column]
        let sources = SIMD4(top + left, top + right, bottom + left, bottom + right) &* channels
        let weights = SIMD4((1 - v) * (1 - h), (1 - v) * h, v * (1 - h), v * h)
        body((row * output[1] + column) * channels, sources, weights, channels)
      }
    }
  }
}
