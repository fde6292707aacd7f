/// Where transformed tiles go: element e, channel c of tile t at `e · plane + t · tile + c / 16 · panel + c % 16`.
struct WinogradLayout {
  let plane: Int
  let tile: Int
  let panel: Int
}

/// `Bᵀ d B` of tiles of images, or `A dy Aᵀ` of tiles of output gradients.
///
/// Tiles that lie side by side are transformed together, eight channels at a time: first the columns of the strip they
/// cover, which neighbours share, then the rows of each tile.
struct WinogradInput<Form: WinogradForm> {
  let height: Int
  let width: Int
  let channels: Int
  let tiling: WinogradTiling
  /// The transform of output gradients for the weight gradient, not of inputs.
  let isGradient: Bool

  /// Tiles that are transformed as one unit of work where threads share out a block.
  static var unit: Int { 12 }
  /// Tiles of a strip: eight channels of it stay in the first cache.
  @inline(__always) private static var stripTiles: Int { min(12, 48 / Form.outputs) }
  @inline(__always) private static var stripColumns: Int { stripTiles * Form.outputs + 2 }
  /// Rows and columns of an image that a tile reads.
  @inline(__always) private var side: Int { isGradient ? Form.outputs : Form.side }

  /// Floats of scratch for one worker.
  static func patchCount(channels: Int) -> Int {
    2 * stripColumns * Form.side * 8 + (channels + 7) & ~7 + 4 * stripColumns
  }

  /// Transforms some tiles into `target`. Channels between `channels` and the next multiple of eight become zeros.
  /// - Parameter patch: scratch of `patchCount` floats.
  func transform(
    _ source: ConvolutionSource, tiles: Range<Int>, into target: UnsafeMutablePointer<Float>,
    _ layout: WinogradLayout, patch: UnsafeMutablePointer<Float>
  ) {
    var cursor = tiling.cursor(at: tiles.lowerBound)
    var tile = tiles.lowerBound
    while tile < tiles.upperBound {
      let count = min(
        tiles.upperBound - tile, tiling.columns.tiles - cursor.column, Self.stripTiles)
      let strip = locate(
        cursor, columns: (count - 1) * Form.outputs + side, isPooled: source.places != nil, patch)
      let place = target + (tile - tiles.lowerBound) * layout.tile
      for channel in stride(from: 0, to: channels, by: 8) {
        firstPass(source, strip, channel: channel)
        secondPass(
          strip, tiles: count, into: place + (channel / 16 * layout.panel + channel % 16), layout)
      }
      tile += count
      cursor.column += count - 1
      tiling.advance(&cursor)
    }
  }

  // MARK: Where the pixels lie

  /// A strip's scratch, and where its pixels lie: that of row r and column c at `rows[r].offset + offsets[c]`.
  private struct Strip {
    let columns: Int
    /// `[column][transformed row]` of eight channels.
    let transformed: UnsafeMutablePointer<Float>
    /// `[row][column]` of eight channels, for a pooled source.
    let pixels: UnsafeMutablePointer<Float>
    /// A pixel outside the images.
    let zeros: UnsafeMutablePointer<Float>
    /// By column: floats from the row's start, negative outside the images.
    let offsets: UnsafeMutablePointer<Int>
    /// By column: the first of its window or the second.
    let halves: UnsafeMutablePointer<Int>
    var rows = (Row(), Row(), Row(), Row(), Row(), Row(), Row(), Row())
    /// Every row has every column, where that lies in an image.
    var isWhole: Bool {
      rows.0.columns == columns && rows.1.columns == columns && rows.2.columns == columns
        && rows.3.columns == columns && rows.4.columns == columns && rows.5.columns == columns
        && rows.6.columns == columns && rows.7.columns == columns
    }

    struct Row {
      /// Floats from the images' start.
      var offset = 0
      /// The columns it has, from the left; none outside the images.
      var columns = 0
      /// The first of its window or the second.
      var half = 0
    }

    func row(_ index: Int) -> Row {
      switch index {
      case 0: rows.0
      case 1: rows.1
      case 2: rows.2
      case 3: rows.3
      case 4: rows.4
      case 5: rows.5
      case 6: rows.6
      default: rows.7
      }
    }
  }

  private func locate(
    _ cursor: WinogradTiling.Cursor, columns: Int, isPooled: Bool,
    _ patch: UnsafeMutablePointer<Float>
  ) -> Strip {
    let capacity = Self.stripColumns * Form.side * 8
    let zeros = patch + 2 * capacity
    let padded = (channels + 7) & ~7
    zeros.update(repeating: 0, count: padded)
    let offsets = UnsafeMutableRawPointer(zeros + padded).assumingMemoryBound(to: Int.self)
    var strip = Strip(
      columns: columns, transformed: patch, pixels: patch + capacity, zeros: zeros,
      offsets: offsets, halves: offsets + Self.stripColumns)
    let shift = isPooled ? 1 : 0
    let (height, width) = (height >> shift, width >> shift)
    let left = cursor.column * Form.outputs
    for column in 0..<columns {
      let (image, x) = place(tiling.columns, left + column)
      let isInside = x >= 0 && x >> shift < width
      offsets[column] = isInside ? (image * height * width + x >> shift) * channels : -1
      strip.halves[column] = x & 1
    }
    let top = cursor.row * Form.outputs
    let row = { (index: Int) -> Strip.Row in
      // Forms with smaller tiles have no such row; it must not look like a missing one.
      guard index < side else { return Strip.Row(columns: columns) }
      let (image, y) = place(tiling.rows, top + index)
      let first = cursor.group * tiling.perGroup + image * tiling.rows.images
      guard y >= 0, y >> shift < height, first < tiling.batch else { return Strip.Row() }
      return Strip.Row(
        offset: (first * height + y >> shift) * width * channels,
        columns: columnsOf(images: tiling.batch - first, left: left, of: columns), half: y & 1)
    }
    strip.rows = (row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7))
    return strip
  }

  @inline(__always)
  private func place(_ axis: WinogradTiling.Axis, _ at: Int) -> (image: Int, index: Int) {
    isGradient ? axis.outputPlace(at) : axis.inputPlace(at)
  }

  /// How many columns from the left lie in the first `images` images of a row of them.
  private func columnsOf(images: Int, left: Int, of columns: Int) -> Int {
    guard images < tiling.columns.images else { return columns }
    return min(max(0, images * tiling.columns.period - left), columns)
  }

  // MARK: Arithmetic

  /// The columns of a strip, for eight channels.
  @inline(never)
  private func firstPass(_ source: ConvolutionSource, _ strip: Strip, channel: Int) {
    let rows = strip.rows
    let transformed = strip.transformed
    if let places = source.places {
      expand(source.values + channel, places + channel, strip, channels: channels - channel)
      let row = strip.columns * 8
      for column in 0..<strip.columns {
        let pixel = strip.pixels + column &* 8
        apply({ Lanes(at: pixel + $0 &* row) }, to: transformed + column &* Form.side &* 8)
      }
      return
    }
    let values = source.values + channel
    guard channels - channel >= 8 else {
      for column in 0..<strip.columns {
        apply(
          { part(values, strip, row: $0, column: column, count: channels - channel) },
          to: transformed + column * Form.side * 8)
      }
      return
    }
    if strip.isWhole {
      let p0 = values + rows.0.offset
      let p1 = values + rows.1.offset
      let p2 = values + rows.2.offset
      let p3 = values + rows.3.offset
      let p4 = values + rows.4.offset
      let p5 = values + rows.5.offset
      let p6 = values + rows.6.offset
      let p7 = values + rows.7.offset
      for column in 0..<strip.columns {
        let target = transformed + column &* Form.side &* 8
        let offset = strip.offsets[column]
        if offset >= 0 {
          apply(
            { index in
              switch index {
              case 0: Lanes(at: p0 + offset)
              case 1: Lanes(at: p1 + offset)
              case 2: Lanes(at: p2 + offset)
              case 3: Lanes(at: p3 + offset)
              case 4: Lanes(at: p4 + offset)
              case 5: Lanes(at: p5 + offset)
              case 6: Lanes(at: p6 + offset)
              default: Lanes(at: p7 + offset)
              }
            }, to: target)
        } else {
          for index in 0..<Form.side { Lanes.zero.store(to: target + index * 8) }
        }
      }
      return
    }
    for column in 0..<strip.columns {
      apply(
        { Lanes(at: pixel(values, strip, row: $0, column: column, outside: strip.zeros)) },
        to: transformed + column &* Form.side &* 8)
    }
  }

  /// The rows of a strip's tiles, for eight channels.
  @inline(never)
  private func secondPass(
    _ strip: Strip, tiles: Int, into target: UnsafeMutablePointer<Float>, _ layout: WinogradLayout
  ) {
    let plane = layout.plane
    var out = target
    var tile = UnsafePointer(strip.transformed)
    for _ in 0..<tiles {
      for row in 0..<Form.side {
        let line = tile + row &* 8
        let place = out + row &* Form.side &* plane
        if isGradient {
          Form.outputGradient({ Lanes(at: line + $0 &* Form.side &* 8) }) {
            $1.store(to: place + $0 &* plane)
          }
        } else {
          Form.input({ Lanes(at: line + $0 &* Form.side &* 8) }) {
            $1.store(to: place + $0 &* plane)
          }
        }
      }
      out += layout.tile
      tile += Form.outputs &* Form.side &* 8
    }
  }

  @inline(__always)
  private func apply(_ load: (Int) -> Lanes, to target: UnsafeMutablePointer<Float>) {
    if isGradient {
      Form.outputGradient(load) { $1.store(to: target + $0 &* 8) }
    } else {
      Form.input(load) { $1.store(to: target + $0 &* 8) }
    }
  }

  /// Where a pixel lies, or `outside`.
  @inline(__always)
  private func pixel(
    _ values: UnsafePointer<Float>, _ strip: Strip, row: Int, column: Int,
    outside: UnsafePointer<Float>
  ) -> UnsafePointer<Float> {
    let row = strip.row(row)
    let offset = strip.offsets[column]
    return column < row.columns && offset >= 0 ? values + (row.offset &+ offset) : outside
  }

  /// The last channels of a pixel, fewer than eight, and zeros.
  @inline(never)
  private func part(
    _ values: UnsafePointer<Float>, _ strip: Strip, row: Int, column: Int, count: Int
  ) -> Lanes {
    let pixel = pixel(values, strip, row: row, column: column, outside: strip.zeros)
    var lanes = Lanes.zero
    for lane in 0..<count { lanes[lane] = pixel[lane] }
    return lanes
  }

  /// Writes out eight channels of the gradient of a pooling: each window's gradient where its winner was, zeros at its
  /// other places.
  @inline(never)
  private func expand(
    _ values: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, _ strip: Strip, channels: Int
  ) {
    let lineStep = strip.columns &* 8
    var index = 0
    while index < side {
      let row = strip.row(index)
      let line = strip.pixels + index &* lineStep
      // Both rows of a window, or the one that lies in the strip.
      let isWholeRow = row.half == 0 && index + 1 < side && row.columns > 0
      let rows = isWholeRow ? 2 : 1
      index += rows
      var column = 0
      while column < strip.columns {
        let offset = strip.offsets[column]
        let target = line + column &* 8
        guard column < row.columns, offset >= 0 else {
          for r in 0..<rows { Lanes.zero.store(to: target + r &* lineStep) }
          column += 1
          continue
        }
        let at = row.offset &+ offset
        let half = strip.halves[column]
        let isWhole = isWholeRow && half == 0 && column + 1 < row.columns
        if isWhole, channels >= 8 {
          Self.spread(values + at, places + at, into: target, row: lineStep)
          column += 2
          continue
        }
        let columns = half == 0 && column + 1 < row.columns ? 2 : 1
        for r in 0..<rows {
          for c in 0..<columns {
            let number = UInt8(truncatingIfNeeded: 2 * (row.half + r) + half + c)
            let pixel = target + (r * lineStep + c * 8)
            Lanes.zero.store(to: pixel)
            for lane in 0..<min(channels, 8) where places[at + lane] == number {
              pixel[lane] = values[at + lane]
            }
          }
        }
        column += columns
      }
    }
  }

  /// Eight channels of a whole window: each value goes to the pixel its place names, the others become zero.
  @inline(__always)
  private static func spread(
    _ values: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>,
    into target: UnsafeMutablePointer<Float>, row: Int
  ) {
    let bytes = UnsafeRawPointer(places).loadUnaligned(as: SIMD8<UInt8>.self)
    let bits = UnsafeRawPointer(values).loadUnaligned(as: SIMD8<Int32>.self)
    for number in 0..<4 {
      let mask = Pooling.winners(bytes, UInt8(truncatingIfNeeded: number))
      UnsafeMutableRawPointer(target + (number / 2 &* row &+ number % 2 &* 8))
        .storeBytes(of: bits & mask, as: SIMD8<Int32>.self)
    }
  }
}
