/// The tiles of a direct convolution: up to six output pixels of one row by sixteen output channels.
struct ConvolutionTiles {
  /// Floats between neighbouring output pixels' patches, and between rows of the input.
  let pixelStep: Int
  let rowStep: Int
  /// Rows of a patch, and floats in one.
  let taps: Int
  let line: Int
  /// The weights of sixteen output channels `[taps][line][16]`.
  let panel: UnsafePointer<Float>
  let outputs: Int
  let width: Int
  let bias0: Lanes
  let bias1: Lanes
  let floor: Lanes

  init(
    _ g: ConvolutionGeometry, rowStep: Int, panel: UnsafePointer<Float>, width: Int,
    bias: UnsafePointer<Float>?, relu: Bool
  ) {
    pixelStep = g.strideWidth * g.inputChannels
    self.rowStep = rowStep
    taps = g.kernelHeight
    line = g.kernelWidth * g.inputChannels
    self.panel = panel
    outputs = g.outputChannels
    self.width = width
    bias0 = bias.map { Lanes(at: $0, count: width) } ?? .zero
    bias1 = bias.map { Lanes(at: $0 + 8, count: width - 8) } ?? .zero
    floor = Lanes(repeating: relu ? 0 : -.infinity)
  }

  /// A row of output pixels; `a` is where the first one's patch starts.
  func row(_ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, pixels: Int) {
    var pixel = 0
    if width == 16, pixelStep == 1, line == taps {
      // One input channel: so few terms that the loops over them would cost more than they do.
      let whole = pixels / 6 * 6
      if taps == 3 {
        oneChannel(ThreeRows.self, a, into: c, pixels: whole)
        pixel = whole
      } else if taps == 5 {
        oneChannel(FiveRows.self, a, into: c, pixels: whole)
        pixel = whole
      }
    }
    while pixel < pixels {
      let height = Gemm.stripRows(left: pixels - pixel)
      let source = a + pixel * pixelStep
      let target = c + pixel * outputs
      switch height {
      case 1: tile(OneRow.self, source, into: target)
      case 2: tile(TwoRows.self, source, into: target)
      case 3: tile(ThreeRows.self, source, into: target)
      case 4: tile(FourRows.self, source, into: target)
      case 5: tile(FiveRows.self, source, into: target)
      default: tile(SixRows.self, source, into: target)
      }
      pixel += height
    }
  }

  /// A tile of `Rows` pixels.
  @inline(never)
  private func tile<Rows: TileRows>(
    _: Rows.Type, _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>
  ) {
    var tile = Tile6x16()
    tile.start(bias0, bias1)
    if width > 8 {
      for tap in 0..<taps {
        tile.accumulate(
          Rows.self, steps: line, a: a + tap * rowStep, aRow: pixelStep, aStep: 1,
          b: panel + tap * line * 16, bStep: 16)
      }
    } else {
      for tap in 0..<taps {
        tile.accumulate(
          Rows.self, isWide: false, steps: line, a: a + tap * rowStep, aRow: pixelStep, aStep: 1,
          b: panel + tap * line * 16, bStep: 16)
      }
    }
    tile.raise(to: floor)
    tile.store(Rows.self, to: c, row: outputs, width: width)
  }

  /// Whole tiles over one input channel and a square kernel of `Taps` rows, known to the compiler: it leaves no loop but the
  /// one over tiles.
  @inline(never)
  private func oneChannel<Taps: TileRows>(
    _: Taps.Type, _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, pixels: Int
  ) {
    for pixel in stride(from: 0, to: pixels, by: 6) {
      var tile = Tile6x16()
      tile.start(bias0, bias1)
      for tap in 0..<Taps.count {
        tile.accumulate(
          steps: Taps.count, a: a + pixel + tap * rowStep, aRow: 1, aStep: 1,
          b: panel + tap * Taps.count * 16, bStep: 16)
      }
      tile.raise(to: floor)
      tile.store(to: c + pixel * outputs, row: outputs)
    }
  }
}

/// The tiles of a direct convolution's weight gradient: up to six elements of a patch by sixteen output channels.
struct GradientTiles {
  let geometry: ConvolutionGeometry
  let rowStep: Int
  /// The output gradient `[rows, outputWidth, out]`, readable up to sixteen floats past its end.
  let gradient: UnsafePointer<Float>
  let rows: Int
  let sumRow: Int

  init(
    _ g: ConvolutionGeometry, rowStep: Int, gradient: UnsafePointer<Float>, rows: Int, sumRow: Int
  ) {
    geometry = g
    self.rowStep = rowStep
    self.gradient = gradient
    self.rows = rows
    self.sumRow = sumRow
  }

  func add(
    _ source: UnsafePointer<Float>, elements: Range<Int>, column: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let first = elements.lowerBound
    switch elements.count {
    case 1: tile(OneRow.self, source, first: first, column: column, to: sums)
    case 2: tile(TwoRows.self, source, first: first, column: column, to: sums)
    case 3: tile(ThreeRows.self, source, first: first, column: column, to: sums)
    case 4: tile(FourRows.self, source, first: first, column: column, to: sums)
    case 5: tile(FiveRows.self, source, first: first, column: column, to: sums)
    default: tile(SixRows.self, source, first: first, column: column, to: sums)
    }
  }

  @inline(never)
  private func tile<Rows: TileRows>(
    _: Rows.Type, _ source: UnsafePointer<Float>, first: Int, column: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let g = geometry
    let line = g.kernelWidth * g.inputChannels
    // Where a patch element lies for the band's first pixel; those past `Rows` are not read.
    let element = { (index: Int) -> Int in
      let e = first + min(index, Rows.count - 1)
      return e / line * rowStep + e % line
    }
    let offsets = SIMD8<Int32>(
      Int32(element(0)), Int32(element(1)), Int32(element(2)), Int32(element(3)),
      Int32(element(4)), Int32(element(5)), 0, 0)
    let b = gradient + column
    let inputRow = g.strideHeight * rowStep
    let outputRow = g.outputWidth * g.outputChannels
    let aStep = g.strideWidth * g.inputChannels
    // The sums are kept in whole vectors, so there are no parts of one.
    var tile = Tile6x16()
    tile.add(Rows.self, from: sums, row: sumRow, width: 16)
    if g.outputChannels - column > 8 {
      for row in 0..<rows {
        Self.addRow(
          &tile, Rows.self, true, source + row * inputRow, offsets, g.outputWidth, aStep,
          b + row * outputRow, g.outputChannels)
      }
    } else {
      for row in 0..<rows {
        Self.addRow(
          &tile, Rows.self, false, source + row * inputRow, offsets, g.outputWidth, aStep,
          b + row * outputRow, g.outputChannels)
      }
    }
    tile.store(Rows.self, to: sums, row: sumRow, width: 16)
  }

  @inline(__always)
  private static func addRow<Rows: TileRows>(
    _ tile: inout Tile6x16, _: Rows.Type, _ isWide: Bool, _ a: UnsafePointer<Float>,
    _ offsets: SIMD8<Int32>, _ steps: Int, _ aStep: Int, _ b: UnsafePointer<Float>, _ bStep: Int
  ) {
    tile.accumulate(
      Rows.self, isWide: isWide, steps: steps, a + Int(offsets[0]), a + Int(offsets[1]),
      a + Int(offsets[2]), a + Int(offsets[3]), a + Int(offsets[4]), a + Int(offsets[5]),
      aStep: aStep, b: b, bStep: bStep)
  }
}
