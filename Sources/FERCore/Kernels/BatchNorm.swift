/// Batch normalisation over the rows of a matrix `[rows, channels]` (Ioffe & Szegedy 2015): for images a row is a pixel.
enum BatchNorm {
  /// Rows of a unit of work: a block of them stays in the second cache while it is read twice.
  private static let blockRows = 256

  static func blocks(_ rows: Int) -> Int { (rows + blockRows - 1) / blockRows }

  /// Floats of scratch that the functions here take.
  static func workspaceCount(rows: Int, channels: Int) -> Int { 2 * blocks(rows) * channels }

  /// The mean and biased variance of each column.
  ///
  /// Each block's mean and sum of squared deviations are taken in two passes over data that is in cache, then merged in
  /// Double in block order (Chan, Golub & LeVeque 1983): as accurate as two passes over all, at the price of one.
  static func statistics(
    _ x: UnsafePointer<Float>, rows: Int, channels: Int, mean: UnsafeMutablePointer<Float>,
    variance: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let blocks = blocks(rows)
    let squares = workspace + blocks * channels
    pool.run(blocks: blocks) { _, block in
      let first = block * blockRows
      let count = min(blockRows, rows - first)
      let source = x + first * channels
      let mean = workspace + block * channels
      let square = squares + block * channels
      mean.update(repeating: 0, count: channels)
      square.update(repeating: 0, count: channels)
      for row in 0..<count {
        let line = source + row * channels
        for c in 0..<channels { mean[c] += line[c] }
      }
      let scale = 1 / Float(count)
      for c in 0..<channels { mean[c] *= scale }
      for row in 0..<count {
        let line = source + row * channels
        for c in 0..<channels {
          let deviation = line[c] - mean[c]
          square[c] += deviation * deviation
        }
      }
    }
    pool.run(over: channels, grain: 8) { range in
      for c in range {
        var total = 0.0
        var average = 0.0
        var sum = 0.0
        for block in 0..<blocks {
          let count = Double(min(blockRows, rows - block * blockRows))
          let delta = Double(workspace[block * channels + c]) - average
          let merged = total + count
          average += delta * count / merged
          sum += Double(squares[block * channels + c]) + delta * delta * total * count / merged
          total = merged
        }
        mean[c] = Float(average)
        variance[c] = Float(sum / Double(rows))
      }
    }
  }

  /// `y = x · scale + shift` by column, then ReLU if asked. y may be x.
  static func apply(
    _ x: UnsafePointer<Float>, rows: Int, channels: Int, scale: UnsafePointer<Float>,
    shift: UnsafePointer<Float>, relu: Bool, into y: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let floor: Float = relu ? 0 : -.infinity
    let floors = Lanes(repeating: floor)
    pool.run(over: rows, grain: blockRows) { range in
      for row in range {
        let source = x + row * channels
        let target = y + row * channels
        var c = 0
        while c + 8 <= channels {
          Lanes(at: shift + c).adding(Lanes(at: source + c), Lanes(at: scale + c)).atLeast(floors)
            .store(to: target + c)
          c += 8
        }
        while c < channels {
          let value = source[c] * scale[c] + shift[c]
          target[c] = value < floor ? floor : value
          c += 1
        }
      }
    }
  }

  /// The gradients of gamma and beta: `Σ dy · x̂` and `Σ dy`, where x̂ = (x - mean) · inverse deviation.
  ///
  /// With `relu`, dy is first zeroed where gamma · x̂ + beta ≤ 0, in place.
  static func reduceGradients(
    _ x: UnsafePointer<Float>, _ dy: UnsafeMutablePointer<Float>, rows: Int, channels: Int,
    mean: UnsafePointer<Float>, inverseDeviation: UnsafePointer<Float>,
    scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, relu: Bool,
    gammaGradient: UnsafeMutablePointer<Float>, betaGradient: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let blocks = blocks(rows)
    let products = workspace + blocks * channels
    pool.run(blocks: blocks) { _, block in
      let sum = workspace + block * channels
      let product = products + block * channels
      sum.update(repeating: 0, count: channels)
      product.update(repeating: 0, count: channels)
      for row in block * blockRows..<min(rows, (block + 1) * blockRows) {
        let line = x + row * channels
        let gradient = dy + row * channels
        var c = 0
        while c + 8 <= channels {
          let value = Lanes(at: line + c)
          var g = Lanes(at: gradient + c)
          if relu {
            let before = Lanes(at: shift + c).adding(value, Lanes(at: scale + c))
            g.replace(with: 0, where: before .<= .zero)
            g.store(to: gradient + c)
          }
          (Lanes(at: sum + c) + g).store(to: sum + c)
          Lanes(at: product + c).adding(g, value - Lanes(at: mean + c)).store(to: product + c)
          c += 8
        }
        while c < channels {
          if relu, line[c] * scale[c] + shift[c] <= 0 { gradient[c] = 0 }
          sum[c] += gradient[c]
          product[c] += gradient[c] * (line[c] - mean[c])
          c += 1
        }
      }
    }
    gather(
      workspace, blocks: blocks, channels: channels, inverseDeviation: inverseDeviation,
      gammaGradient: gammaGradient, betaGradient: betaGradient, pool: pool)
  }

  /// Adds up block sums `[blocks][channels]` of dy and of dy · (x - mean), in block order and in Double.
  static func gather(
    _ sums: UnsafePointer<Float>, blocks: Int, channels: Int,
    inverseDeviation: UnsafePointer<Float>, gammaGradient: UnsafeMutablePointer<Float>,
    betaGradient: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let products = sums + blocks * channels
    pool.run(over: channels, grain: 8) { range in
      for c in range {
        var sum = 0.0
        var product = 0.0
        for block in 0..<blocks {
          sum += Double(sums[block * channels + c])
          product += Double(products[block * channels + c])
        }
        betaGradient[c] = Float(sum)
        gammaGradient[c] = Float(product * Double(inverseDeviation[c]))
      }
    }
  }

  /// `dx = a · dy + b · x + c` by column: batch normalisation's input gradient once the sums are known. dx may be dy.
  static func inputGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, rows: Int, channels: Int,
    dyFactor: UnsafePointer<Float>, xFactor: UnsafePointer<Float>, constant: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    pool.run(over: rows, grain: blockRows) { range in
      for row in range {
        let line = x + row * channels
        let gradient = dy + row * channels
        let target = dx + row * channels
        var c = 0
        while c + 8 <= channels {
          Lanes(at: constant + c)
            .adding(Lanes(at: gradient + c), Lanes(at: dyFactor + c))
            .adding(Lanes(at: line + c), Lanes(at: xFactor + c))
            .store(to: target + c)
          c += 8
        }
        while c < channels {
          target[c] = gradient[c] * dyFactor[c] + line[c] * xFactor[c] + constant[c]
          c += 1
        }
      }
    }
  }
}
