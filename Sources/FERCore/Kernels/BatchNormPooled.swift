/// Batch normalisation, ReLU and 2 x 2 max pooling in one pass each way: the normalised images are never written, and only
/// the winners' gradients are read.
///
/// x `[batch, height, width, channels]`, height and width even · y and dy `[batch, height / 2, width / 2, channels]` · places
/// as y, 2 · row + column of the winner in its window.
struct PooledBatchNorm {
  let batch: Int
  let height: Int
  let width: Int
  let channels: Int
  /// Rows of windows in all images.
  private var lines: Int { batch * height / 2 }
  /// Lines of a unit of work, by shape.
  private var grain: Int { max(1, 128 / max(width, 1)) }
  var blocks: Int { (lines + grain - 1) / grain }

  /// Floats of scratch that `reduceGradients` takes.
  var workspaceCount: Int { 2 * blocks * channels }

  init(_ shape: Shape) {
    batch = shape[0]
    height = shape[1]
    width = shape[2]
    channels = shape[3]
    precondition(height % 2 == 0 && width % 2 == 0, "windows of 2 x 2 do not cover \(shape)")
  }

  /// `y = max over the window of (x · scale + shift)`, then ReLU if asked.
  func apply(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    relu: Bool, into y: UnsafeMutablePointer<Float>, places: UnsafeMutablePointer<UInt8>?,
    pool: WorkerPool
  ) {
    let floor: Float = relu ? 0 : -.infinity
    let row = width * channels
    pool.run(over: lines, grain: grain) { range in
      for line in range {
        for column in 0..<width / 2 {
          let window = x + (2 * line * width + 2 * column) * channels
          let at = (line * (width / 2) + column) * channels
          var c = 0
          while c + 8 <= channels {
            let (factor, offset) = (Lanes(at: scale + c), Lanes(at: shift + c))
            var best = offset.adding(Lanes(at: window + c), factor)
            var place = SIMD8<Int32>.zero
            for index in 1..<4 {
              let pixel = window + (index / 2 &* row &+ index % 2 &* channels &+ c)
              let value = offset.adding(Lanes(at: pixel), factor)
              // A window with NaN answers NaN.
              let wins = (value .> best) .| (value .!= value)
              best = best.replacing(with: value, where: wins)
              place.replace(with: SIMD8(repeating: Int32(truncatingIfNeeded: index)), where: wins)
            }
            best.atLeast(Lanes(repeating: floor)).store(to: y + (at + c))
            if let places {
              UnsafeMutableRawPointer(places + (at + c)).storeBytes(
                of: place.bytes, as: SIMD8<UInt8>.self)
            }
            c += 8
          }
          while c < channels {
            var best = window[c] * scale[c] + shift[c]
            var place: UInt8 = 0
            for index in 1..<4 {
              let value = window[index / 2 * row + index % 2 * channels + c] * scale[c] + shift[c]
              if value > best || value.isNaN {
                best = value
                place = UInt8(index)
              }
            }
            y[at + c] = best < floor ? floor : best
            places?[at + c] = place
            c += 1
          }
        }
      }
    }
  }

  /// `Σ dy` and `Σ dy · (x - mean)` over the winners, block by block into `workspace`: `[blocks][channels]` of each. With
  /// `relu`, dy is first zeroed where what won was not above zero, in place.
  func reduceGradients(
    _ x: UnsafePointer<Float>, _ dy: UnsafeMutablePointer<Float>, places: UnsafePointer<UInt8>,
    mean: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    relu: Bool, workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let products = workspace + blocks * channels
    let row = width * channels
    pool.run(blocks: blocks) { _, block in
      let sum = workspace + block * channels
      let product = products + block * channels
      sum.update(repeating: 0, count: channels)
      product.update(repeating: 0, count: channels)
      for line in block * grain..<min(lines, (block + 1) * grain) {
        for column in 0..<width / 2 {
          let window = x + (2 * line * width + 2 * column) * channels
          let at = (line * (width / 2) + column) * channels
          var c = 0
          while c + 8 <= channels {
            let place = UnsafeRawPointer(places + (at + c)).loadUnaligned(as: SIMD8<UInt8>.self)
            var bits = SIMD8<Int32>.zero
            for index in 0..<4 {
              let pixel = window + (index / 2 &* row &+ index % 2 &* channels &+ c)
              bits |=
                UnsafeRawPointer(pixel).loadUnaligned(as: SIMD8<Int32>.self)
                & Pooling.winners(place, UInt8(truncatingIfNeeded: index))
            }
            let value = unsafeBitCast(bits, to: Lanes.self)
            var gradient = Lanes(at: dy + (at + c))
            if relu {
              let before = Lanes(at: shift + c).adding(value, Lanes(at: scale + c))
              gradient.replace(with: 0, where: before .<= Lanes.zero)
              gradient.store(to: dy + (at + c))
            }
            (Lanes(at: sum + c) + gradient).store(to: sum + c)
            Lanes(at: product + c).adding(gradient, value - Lanes(at: mean + c))
              .store(to: product + c)
            c += 8
          }
          while c < channels {
            let place = Int(places[at + c])
            let value = window[place / 2 * row + place % 2 * channels + c]
            if relu, value * scale[c] + shift[c] <= 0 { dy[at + c] = 0 }
            sum[c] += dy[at + c]
            product[c] += dy[at + c] * (value - mean[c])
            c += 1
          }
        }
      }
    }
  }

  /// `dx = a · dy + b · x + c` by channel, dy where its window's winner is and zero elsewhere.
  func inputGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, places: UnsafePointer<UInt8>,
    dyFactor: UnsafePointer<Float>, xFactor: UnsafePointer<Float>, constant: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let row = width * channels
    pool.run(over: lines, grain: grain) { range in
      for line in range {
        for column in 0..<width / 2 {
          let first = (2 * line * width + 2 * column) * channels
          let at = (line * (width / 2) + column) * channels
          var c = 0
          while c + 8 <= channels {
            let place = UnsafeRawPointer(places + (at + c)).loadUnaligned(as: SIMD8<UInt8>.self)
            let gradient = Lanes(at: dy + (at + c)) * Lanes(at: dyFactor + c)
            let bits = unsafeBitCast(gradient, to: SIMD8<Int32>.self)
            let (factor, offset) = (Lanes(at: xFactor + c), Lanes(at: constant + c))
            for index in 0..<4 {
              let pixel = first &+ (index / 2 &* row &+ index % 2 &* channels &+ c)
              let own = bits & Pooling.winners(place, UInt8(truncatingIfNeeded: index))
              (offset.adding(Lanes(at: x + pixel), factor) + unsafeBitCast(own, to: Lanes.self))
                .store(to: dx + pixel)
            }
            c += 8
          }
          while c < channels {
            for index in 0..<4 {
              let pixel = first + index / 2 * row + index % 2 * channels + c
              let own = Int(places[at + c]) == index ? dy[at + c] * dyFactor[c] : 0
              dx[pixel] = x[pixel] * xFactor[c] + constant[c] + own
            }
            c += 1
          }
        }
      }
    }
  }
}
