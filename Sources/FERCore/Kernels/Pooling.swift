/// Pooling over windows, channels in lanes. A geometry's output channels equal its input channels.
enum Pooling {
  /// `y = max over the window`; where it was is kept as the window's element number, one byte for each output.
  /// Padding never wins. Reference: `Reference.maxPooling` (tests).
  /// - Parameter places: nil where no backward pass will come.
  static func maximum(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    places: UnsafeMutablePointer<UInt8>?, _ g: ConvolutionGeometry, pool: WorkerPool
  ) {
    let channels = g.inputChannels
    forEachWindow(g, pool: pool) { pixel, image, rows, columns, top, left in
      let target = y + pixel * channels
      let place = places.map { $0 + pixel * channels }
      var first = true
      for row in rows {
        for column in columns {
          let source =
            x + ((image * g.inputHeight + top + row) * g.inputWidth + left + column) * channels
          let number = UInt8(row * g.kernelWidth + column)
          var c = 0
          if first {
            target.update(from: source, count: channels)
            place?.update(repeating: number, count: channels)
          } else if let place {
            let numbers = SIMD8<UInt32>(repeating: UInt32(number))
            while c + 8 <= channels {
              let best = Lanes(at: target + c)
              let value = Lanes(at: source + c)
              // A window with NaN answers NaN: !(value <= best) would lose an earlier one.
              let wins = (value .> best) .| (value .!= value)
              best.replacing(with: value, where: wins).store(to: target + c)
              let old = SIMD8<UInt32>(
                truncatingIfNeeded: UnsafeRawPointer(place + c).loadUnaligned(
                  as: SIMD8<UInt8>.self))
              UnsafeMutableRawPointer(place + c).storeBytes(
                of: SIMD8<UInt8>(truncatingIfNeeded: old.replacing(with: numbers, where: wins)),
                as: SIMD8<UInt8>.self)
              c += 8
            }
            while c < channels {
              if source[c] > target[c] || source[c].isNaN {
                target[c] = source[c]
                place[c] = number
              }
              c += 1
            }
          } else {
            while c + 8 <= channels {
              let best = Lanes(at: target + c)
              let value = Lanes(at: source + c)
              let wins = (value .> best) .| (value .!= value)
              best.replacing(with: value, where: wins).store(to: target + c)
              c += 8
            }
            while c < channels {
              if source[c] > target[c] || source[c].isNaN { target[c] = source[c] }
              c += 1
            }
          }
          first = false
        }
      }
    }
  }

  /// Sends each output's gradient to the input that won. dx is overwritten.
  static func maximumGradient(
    _ dy: UnsafePointer<Float>, places: UnsafePointer<UInt8>,
    into dx: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry, pool: WorkerPool
  ) {
    let channels = g.inputChannels
    let imageCount = g.inputHeight * g.inputWidth * channels
    // Windows that lie inside and do not overlap: every input of a window is written, so only what no window covers needs
    // zeros. Without padding in front the last windows can still hang over the far borders (same padding).
    let covers =
      g.kernelHeight == g.strideHeight && g.kernelWidth == g.strideWidth && g.padTop == 0
      && g.padLeft == 0 && g.outputHeight * g.strideHeight <= g.inputHeight
      && g.outputWidth * g.strideWidth <= g.inputWidth
    let exact =
      covers && g.outputHeight * g.strideHeight == g.inputHeight
      && g.outputWidth * g.strideWidth == g.inputWidth
    forEachImageBand(g, pool: pool, bands: covers ? 8 : 1) { image, band in
      if !exact {
        if band.lowerBound == 0 {
          let rows = covers ? 0..<band.upperBound * g.strideHeight : 0..<g.inputHeight
          let upper = covers && band.upperBound == g.outputHeight ? g.inputHeight : rows.upperBound
          zero(dx + image * imageCount, rows: 0..<upper, g)
        } else {
          let upper =
            band.upperBound == g.outputHeight ? g.inputHeight : band.upperBound * g.strideHeight
          zero(dx + image * imageCount, rows: band.lowerBound * g.strideHeight..<upper, g)
        }
      }
      for row in band {
        for column in 0..<g.outputWidth {
          let pixel = (image * g.outputHeight + row) * g.outputWidth + column
          let top = row * g.strideHeight - g.padTop
          let left = column * g.strideWidth - g.padLeft
          let source = dy + pixel * channels
          let place = places + pixel * channels
          if covers {
            for r in 0..<g.kernelHeight {
              for k in 0..<g.kernelWidth {
                let target =
                  dx + ((image * g.inputHeight + top + r) * g.inputWidth + left + k) * channels
                let number = UInt8(r * g.kernelWidth + k)
                var c = 0
                let numbers = SIMD8<UInt32>(repeating: UInt32(number))
                while c + 8 <= channels {
                  let at = SIMD8<UInt32>(
                    truncatingIfNeeded: UnsafeRawPointer(place + c).loadUnaligned(
                      as: SIMD8<UInt8>.self))
                  let wins = at .== numbers
                  Lanes.zero.replacing(with: Lanes(at: source + c), where: wins)
                    .store(to: target + c)
                  c += 8
                }
                while c < channels {
                  target[c] = place[c] == number ? source[c] : 0
                  c += 1
                }
              }
            }
          } else {
            for c in 0..<channels {
              let number = Int(place[c])
              let y = top + number / g.kernelWidth
              let x = left + number % g.kernelWidth
              dx[((image * g.inputHeight + y) * g.inputWidth + x) * channels + c] += source[c]
            }
          }
        }
      }
    }
  }

  /// `y = mean over the window's part inside the image`, as TensorFlow counts.
  static func average(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry,
    pool: WorkerPool
  ) {
    let channels = g.inputChannels
    forEachWindow(g, pool: pool) { pixel, image, rows, columns, top, left in
      let target = y + pixel * channels
      target.update(repeating: 0, count: channels)
      for row in rows {
        for column in columns {
          let source =
            x + ((image * g.inputHeight + top + row) * g.inputWidth + left + column) * channels
          for c in 0..<channels { target[c] += source[c] }
        }
      }
      let scale = 1 / Float(rows.count * columns.count)
      for c in 0..<channels { target[c] *= scale }
    }
  }

  /// Shares each output's gradient evenly among its window. dx is overwritten.
  static func averageGradient(
    _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry,
    pool: WorkerPool
  ) {
    let channels = g.inputChannels
    pool.run(blocks: g.batch) { _, image in
      zero(
        dx + image * g.inputHeight * g.inputWidth * channels, rows: 0..<g.inputHeight, g)
      for row in 0..<g.outputHeight {
        let rows = window(row, g.strideHeight, g.padTop, g.kernelHeight, g.inputHeight)
        for column in 0..<g.outputWidth {
          let columns = window(column, g.strideWidth, g.padLeft, g.kernelWidth, g.inputWidth)
          let source = dy + ((image * g.outputHeight + row) * g.outputWidth + column) * channels
          let scale = 1 / Float(rows.count * columns.count)
          for r in rows {
            for k in columns {
              let y = row * g.strideHeight - g.padTop + r
              let x = column * g.strideWidth - g.padLeft + k
              let target = dx + ((image * g.inputHeight + y) * g.inputWidth + x) * channels
              for c in 0..<channels { target[c] += source[c] * scale }
            }
          }
        }
      }
    }
  }

  private static func zero(
    _ image: UnsafeMutablePointer<Float>, rows: Range<Int>, _ g: ConvolutionGeometry
  ) {
    let row = g.inputWidth * g.inputChannels
    (image + rows.lowerBound * row).update(repeating: 0, count: rows.count * row)
  }

  /// The part of window number `index` that lies inside an axis, as offsets into the window.
  @inline(__always)
  private static func window(
    _ index: Int, _ stride: Int, _ pad: Int, _ size: Int, _ extent: Int
  ) -> Range<Int> {
    let start = index * stride - pad
    let low = max(0, -start)
    return low..<max(low, min(size, extent - start))
  }

  @inline(__always)
  private static func forEachWindow(
    _ g: ConvolutionGeometry, pool: WorkerPool,
    _ body: (
      _ pixel: Int, _ image: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ top: Int, _ left: Int
    ) -> Void
  ) {
    pool.run(over: g.batch * g.outputHeight, grain: 4) { lines in
      for line in lines {
        let image = line / g.outputHeight
        let row = line % g.outputHeight
        let rows = window(row, g.strideHeight, g.padTop, g.kernelHeight, g.inputHeight)
        for column in 0..<g.outputWidth {
          body(
            line * g.outputWidth + column, image, rows,
            window(column, g.strideWidth, g.padLeft, g.kernelWidth, g.inputWidth),
            row * g.strideHeight - g.padTop, column * g.strideWidth - g.padLeft)
        }
      }
    }
  }

  /// Calls `body(image, outputRows)`: units of work whose inputs do not overlap if the windows do not.
  private static func forEachImageBand(
    _ g: ConvolutionGeometry, pool: WorkerPool, bands: Int,
    _ body: (_ image: Int, _ rows: Range<Int>) -> Void
  ) {
    let bands = max(1, min(bands, g.outputHeight))
    let height = (g.outputHeight + bands - 1) / bands
    let used = max(1, (g.outputHeight + height - 1) / height)
    pool.run(blocks: g.batch * used) { _, block in
      let first = block % used * height
      body(block / used, first..<min(g.outputHeight, first + height))
    }
  }
}

extension Pooling {
  /// All bits of a lane where a place is `number`, none elsewhere.
  @inline(__always)
  static func winners(_ places: SIMD8<UInt8>, _ number: UInt8) -> SIMD8<Int32> {
    // Only equal bytes differ by nothing, and only nothing less one is negative: the sign fills the lane.
    (SIMD8<Int32>(places ^ SIMD8(repeating: number)) &- 1) &>> 31
  }

  /// The largest of a 2 x 2 window for each of `count` channels, and where it was.
  static func maximumOfWindow(
    _ x: UnsafePointer<Float>, row: Int, pixel: Int, into y: UnsafeMutablePointer<Float>,
    places: UnsafeMutablePointer<UInt8>?, count: Int
  ) {
    var c = 0
    while c + 8 <= count {
      var best = Lanes(at: x + c)
      var place = SIMD8<Int32>.zero
      for index in 1..<4 {
        let value = Lanes(at: x + (index / 2 * row + index % 2 * pixel + c))
        // A window with NaN answers NaN: !(value <= best) would lose an earlier one.
        let wins = (value .> best) .| (value .!= value)
        best = best.replacing(with: value, where: wins)
        place.replace(with: SIMD8(repeating: Int32(truncatingIfNeeded: index)), where: wins)
      }
      best.store(to: y + c)
      if let places {
        UnsafeMutableRawPointer(places + c).storeBytes(
          of: place.bytes, as: SIMD8<UInt8>.self)
      }
      c += 8
    }
    while c < count {
      var best = x[c]
      var place: UInt8 = 0
      for index in 1..<4 {
        let value = x[index / 2 * row + index % 2 * pixel + c]
        if value > best || value.isNaN {
          best = value
          place = UInt8(index)
        }
      }
      y[c] = best
      places?[c] = place
      c += 1
    }
  }
}
