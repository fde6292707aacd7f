/// A map from output elements to input elements of one sample: padding, cropping, permuting and repeating are such maps.
struct Rearrangement {
  /// By output element: the place of the input element it takes, or -1 for zero.
  let sources: [Int32]
  let inputCount: Int

  /// The elements of `[height, width, channels]` pixel by pixel: `pixel(row, column)` is the place of the pixel that an
  /// output pixel takes in the input, or nil for zero.
  init(
    input: Shape, output: Shape, pixel: (_ row: Int, _ column: Int) -> (row: Int, column: Int)?
  ) {
    precondition(input.rank == 3 && output.rank == 3 && input[2] == output[2])
    let channels = input[2]
    var sources: [Int32] = []
    sources.reserveCapacity(output.count)
    for row in 0..<output[0] {
      for column in 0..<output[1] {
        let start = pixel(row, column).map { ($0.row * input[1] + $0.column) * channels }
        for c in 0..<channels { sources.append(start.map { Int32($0 + c) } ?? -1) }
      }
    }
    self.sources = sources
    inputCount = input.count
  }

  /// The transposition whose output axis i is input axis `axes[i]` (from 0, the batch not counted).
  init(permuting input: Shape, axes: [Int]) {
    precondition(axes.sorted() == Array(0..<input.rank), "\(axes) is no order of \(input)'s axes")
    var steps = Array(repeating: 1, count: input.rank)
    for axis in (0..<input.rank - 1).reversed() { steps[axis] = steps[axis + 1] * input[axis + 1] }
    var sources: [Int32] = [0]
    for axis in axes {
      sources = sources.flatMap { start in
        (0..<input[axis]).map { start + Int32($0 * steps[axis]) }
      }
    }
    self.sources = sources
    inputCount = input.count
  }

  /// `y[i] = x[sources[i]]` in each sample, overwritten.
  func forward(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, batch: Int, pool: WorkerPool
  ) {
    let outputCount = sources.count
    pool.run(blocks: batch) { _, sample in
      let (from, to) = (x + sample * inputCount, y + sample * outputCount)
      sources.withUnsafeBufferPointer { sources in
        for i in 0..<outputCount {
          let place = Int(sources[i])
          to[i] = place < 0 ? 0 : from[place]
        }
      }
    }
  }

  /// `dx[j] = Σ dy[i]` over all i that took j, overwritten.
  func backward(
    _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, batch: Int, pool: WorkerPool
  ) {
    let outputCount = sources.count
    pool.run(blocks: batch) { _, sample in
      let (from, to) = (dy + sample * outputCount, dx + sample * inputCount)
      to.update(repeating: 0, count: inputCount)
      sources.withUnsafeBufferPointer { sources in
        for i in 0..<outputCount where sources[i] >= 0 { to[Int(sources[i])] += from[i] }
      }
    }
  }
}
