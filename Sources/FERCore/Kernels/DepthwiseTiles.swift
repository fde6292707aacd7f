/// Up to four output pixels of one row by eight channels of a depthwise convolution.
struct DepthwiseTiles {
  let geometry: ConvolutionGeometry
  let rowStep: Int
  /// `[kernelHeight][kernelWidth][channels]`
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let floor: Lanes

  init(
    _ g: ConvolutionGeometry, rowStep: Int, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, floor: Lanes
  ) {
    geometry = g
    self.rowStep = rowStep
    self.weights = weights
    self.bias = bias
    self.floor = floor
  }

  /// A row of output pixels; `source` is where the first one's window starts.
  func row(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>) {
    let channels = geometry.outputChannels
    let pixelStep = geometry.strideWidth * channels
    for channel in stride(from: 0, to: channels, by: 8) {
      let left = channels - channel
      var pixel = 0
      while pixel < geometry.outputWidth {
        let a = source + pixel * pixelStep + channel
        let c = target + pixel * channels + channel
        let isFour = geometry.outputWidth - pixel >= 4
        switch (isFour, left >= 8) {
        case (true, true): tile(FourRows.self, a, into: c, channel: channel, count: 8)
        case (true, false): tile(FourRows.self, a, into: c, channel: channel, count: left)
        case (false, true): tile(OneRow.self, a, into: c, channel: channel, count: 8)
        case (false, false): tile(OneRow.self, a, into: c, channel: channel, count: left)
        }
        pixel += isFour ? 4 : 1
      }
    }
  }

  @inline(__always)
  private func tile<Pixels: TileRows>(
    _: Pixels.Type, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
    channel: Int, count: Int
  ) {
    let channels = geometry.outputChannels
    let pixelStep = geometry.strideWidth * channels
    let start = bias.map { Lanes(at: $0 + channel, count: count) } ?? .zero
    var (c0, c1, c2, c3) = (start, start, start, start)
    var w = weights + channel
    for tapRow in 0..<geometry.kernelHeight {
      var a = source + tapRow * rowStep
      for _ in 0..<geometry.kernelWidth {
        let weight = Lanes(at: w, count: count)
        c0.accumulate(Lanes(at: a, count: count), weight)
        if Pixels.count > 1 {
          c1.accumulate(Lanes(at: a + pixelStep, count: count), weight)
          c2.accumulate(Lanes(at: a + 2 * pixelStep, count: count), weight)
          c3.accumulate(Lanes(at: a + 3 * pixelStep, count: count), weight)
        }
        a += channels
        w += channels
      }
    }
    c0.atLeast(floor).store(to: target, count: count)
    if Pixels.count > 1 {
      c1.atLeast(floor).store(to: target + channels, count: count)
      c2.atLeast(floor).store(to: target + 2 * channels, count: count)
      c3.atLeast(floor).store(to: target + 3 * channels, count: count)
    }
  }
}

/// Up to six taps by eight channels of a depthwise convolution's weight gradient.
struct DepthwiseGradientTiles {
  let geometry: ConvolutionGeometry
  let rowStep: Int
  let rows: Int

  init(_ g: ConvolutionGeometry, rowStep: Int, rows: Int) {
    geometry = g
    self.rowStep = rowStep
    self.rows = rows
  }

  /// `sums[tap, c] += Σ over the band's pixels of what the tap reads times the output gradient`.
  func add(
    _ source: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let taps = geometry.kernelHeight * geometry.kernelWidth
    for channel in stride(from: 0, to: geometry.outputChannels, by: 8) {
      let count = min(8, geometry.outputChannels - channel)
      var tap = 0
      while tap < taps {
        let height = Gemm.stripRows(left: taps - tap)
        let (a, b, c) = (source + channel, dy + channel, sums + channel)
        switch height {
        case 1: tile(OneRow.self, a, b, from: tap, count: count, to: c)
        case 2: tile(TwoRows.self, a, b, from: tap, count: count, to: c)
        case 3: tile(ThreeRows.self, a, b, from: tap, count: count, to: c)
        case 4: tile(FourRows.self, a, b, from: tap, count: count, to: c)
        case 5: tile(FiveRows.self, a, b, from: tap, count: count, to: c)
        default: tile(SixRows.self, a, b, from: tap, count: count, to: c)
        }
        tap += height
      }
    }
  }

  @inline(never)
  private func tile<Taps: TileRows>(
    _: Taps.Type, _ a: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, from tap: Int, count: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    if count == 8 {
      whole(Taps.self, a, dy, from: tap, count: 8, to: sums)
    } else {
      whole(Taps.self, a, dy, from: tap, count: count, to: sums)
    }
  }

  @inline(__always)
  private func whole<Taps: TileRows>(
    _: Taps.Type, _ a: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, from tap: Int, count: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let channels = geometry.outputChannels
    // Where a tap of the band's first pixel reads; those past `Taps` are not read.
    let place = { (index: Int) -> Int in
      (tap + index) / geometry.kernelWidth * rowStep
        + (tap + index) % geometry.kernelWidth * channels
    }
    let (p0, p1, p2) = (place(0), place(1), place(2))
    let (p3, p4, p5) = (place(3), place(4), place(5))
    var (c0, c1, c2) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var (c3, c4, c5) = (Lanes.zero, Lanes.zero, Lanes.zero)
    for row in 0..<rows {
      var x = a + row * geometry.strideHeight * rowStep
      var gradient = dy + row * geometry.outputWidth * channels
      for _ in 0..<geometry.outputWidth {
        let b = Lanes(at: gradient, count: count)
        c0.accumulate(Lanes(at: x + p0, count: count), b)
        if Taps.count > 1 { c1.accumulate(Lanes(at: x + p1, count: count), b) }
        if Taps.count > 2 { c2.accumulate(Lanes(at: x + p2, count: count), b) }
        if Taps.count > 3 { c3.accumulate(Lanes(at: x + p3, count: count), b) }
        if Taps.count > 4 { c4.accumulate(Lanes(at: x + p4, count: count), b) }
        if Taps.count > 5 { c5.accumulate(Lanes(at: x + p5, count: count), b) }
        x += geometry.strideWidth * channels
        gradient += channels
      }
    }
    let add = { (index: Int, sum: Lanes) in
      guard index < Taps.count else { return }
      let target = sums + (tap + index) * channels
      (Lanes(at: target, count: count) + sum).store(to: target, count: count)
    }
    add(0, c0)
    add(1, c1)
    add(2, c2)
    add(3, c3)
    add(4, c4)
    add(5, c5)
  }
}
