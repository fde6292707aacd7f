/// Where transformed tiles go: element e, channel c of tile t at `e · plane + t · tile + c / 16 · panel + c % 16`.
struct WinogradLayout {
  let plane: Int
  let tile: Int
  let panel: Int
}

/// One transform of tiles of images: which rows and columns of the layout a tile covers, and the arithmetic on them.
struct WinogradInput<Form: WinogradForm> {
  let height: Int
  let width: Int
  let channels: Int
  let tiling: WinogradTiling
  /// The transform of output gradients for the weight gradient, not of inputs.
  let isGradient: Bool

  /// Rows and columns of an image that a tile reads.
  @inline(__always) private var side: Int { isGradient ? Form.outputs : Form.side }
  @inline(__always) private var paddedChannels: Int { (channels + 7) & ~7 }

  /// Floats of scratch for one worker: a patch.
  static func patchCount(channels: Int) -> Int { Form.elements * ((channels + 7) & ~7) }

  @inline(__always)
  private func place(_ axis: WinogradTiling.Axis, _ at: Int) -> (image: Int, index: Int) {
    isGradient ? axis.outputPlace(at) : axis.inputPlace(at)
  }

  /// Transforms some tiles into `target`. Channels between `channels` and the next multiple of eight become zeros.
  func transform(
    _ source: ConvolutionSource, tiles: Range<Int>, into target: UnsafeMutablePointer<Float>,
    _ layout: WinogradLayout, patch: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 36) { scratch in
      let columns = scratch.baseAddress!
      var cursor = tiling.cursor(at: tiles.lowerBound)
      var place = target
      for _ in tiles {
        transformTile(source, cursor, into: place, layout, patch: patch, columns)
        tiling.advance(&cursor)
        place += layout.tile
      }
    }
  }

  @inline(__always)
  private func transformTile(
    _ source: ConvolutionSource, _ cursor: WinogradTiling.Cursor,
    into target: UnsafeMutablePointer<Float>, _ layout: WinogradLayout,
    patch: UnsafeMutablePointer<Float>, _ columns: UnsafeMutablePointer<Lanes>
  ) {
    let top = cursor.row * Form.outputs
    let left = cursor.column * Form.outputs
    let first = (row: place(tiling.rows, top), column: place(tiling.columns, left))
    let lastRow = place(tiling.rows, top + side - 1)
    let lastColumn = place(tiling.columns, left + side - 1)
    let image = tiling.image(cursor, row: first.row.image, column: first.column.image)
    let isWhole =
      image != nil && first.row.image == lastRow.image && first.column.image == lastColumn.image
      && first.row.index >= 0 && first.column.index >= 0 && channels % 8 == 0
    if let places = source.places {
      // Windows cover an image, but for an odd last row and column.
      let isCovered =
        isWhole && lastRow.index < height & ~1 && lastColumn.index < width & ~1
      if !isCovered { patch.update(repeating: 0, count: side * side * paddedChannels) }
      expand(source.values, places, cursor, top: top, left: left, into: patch)
      apply(values: UnsafePointer(patch), row: side * paddedChannels, into: target, layout, columns)
      return
    }
    if isWhole, lastRow.index < height, lastColumn.index < width {
      let start = (image! * height + first.row.index) * width + first.column.index
      apply(
        values: source.values + start * channels, row: width * channels, into: target, layout,
        columns)
    } else if channels % 8 == 0 {
      patch.update(repeating: 0, count: channels)
      withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: 36) { pixels in
        locate(source.values, cursor, top: top, left: left, outside: patch, pixels.baseAddress!)
        apply(pixels: pixels.baseAddress!, into: target, layout, columns)
      }
    } else {
      gather(source.values, cursor, top: top, left: left, into: patch)
      apply(values: UnsafePointer(patch), row: side * paddedChannels, into: target, layout, columns)
    }
  }

  // MARK: Arithmetic

  /// Both passes of the transform over a tile in memory, `row` floats between its rows.
  @inline(__always)
  private func apply(
    values: UnsafePointer<Float>, row: Int, into target: UnsafeMutablePointer<Float>,
    _ layout: WinogradLayout, _ columns: UnsafeMutablePointer<Lanes>
  ) {
    let pixel = paddedChannels
    var channel = 0
    while channel < channels {
      for column in 0..<side {
        let d = values + (column &* pixel &+ channel)
        firstPass({ Lanes(at: d + $0 &* row) }, column, columns)
      }
      secondPass(target, layout, channel, columns)
      channel &+= 8
    }
  }

  /// The same for a tile whose pixels lie anywhere.
  @inline(__always)
  private func apply(
    pixels: UnsafePointer<UnsafePointer<Float>>, into target: UnsafeMutablePointer<Float>,
    _ layout: WinogradLayout, _ columns: UnsafeMutablePointer<Lanes>
  ) {
    var channel = 0
    while channel < channels {
      for column in 0..<side {
        firstPass({ Lanes(at: pixels[$0 &* side &+ column] + channel) }, column, columns)
      }
      secondPass(target, layout, channel, columns)
      channel &+= 8
    }
  }

  @inline(__always)
  private func firstPass(
    _ load: (Int) -> Lanes, _ column: Int, _ columns: UnsafeMutablePointer<Lanes>
  ) {
    let target = columns + column
    if isGradient {
      Form.outputGradient(load) { target[$0 &* Form.outputs] = $1 }
    } else {
      Form.input(load) { target[$0 &* Form.side] = $1 }
    }
  }

  @inline(__always)
  private func secondPass(
    _ target: UnsafeMutablePointer<Float>, _ layout: WinogradLayout, _ channel: Int,
    _ columns: UnsafeMutablePointer<Lanes>
  ) {
    let plane = layout.plane
    let place = target + (channel / 16 &* layout.panel &+ channel % 16)
    for row in 0..<Form.side {
      let line = columns + row &* side
      let out = place + row &* Form.side &* plane
      if isGradient {
        Form.outputGradient({ line[$0] }) { $1.store(to: out + $0 &* plane) }
      } else {
        Form.input({ line[$0] }) { $1.store(to: out + $0 &* plane) }
      }
    }
  }

  // MARK: Tiles over a border

  /// Where each pixel of a tile lies, row by row.
  @inline(never)
  private func locate(
    _ values: UnsafePointer<Float>, _ cursor: WinogradTiling.Cursor, top: Int, left: Int,
    outside: UnsafePointer<Float>, _ pixels: UnsafeMutablePointer<UnsafePointer<Float>>
  ) {
    for row in 0..<side {
      let (imageRow, y) = place(tiling.rows, top + row)
      for column in 0..<side {
        let (imageColumn, x) = place(tiling.columns, left + column)
        if y >= 0, y < height, x >= 0, x < width,
          let image = tiling.image(cursor, row: imageRow, column: imageColumn)
        {
          pixels[row * side + column] = values + ((image * height + y) * width + x) * channels
        } else {
          pixels[row * side + column] = outside
        }
      }
    }
  }

  /// Copies a tile whose channels do not fill whole vectors, zeros outside the images and behind the channels.
  @inline(never)
  private func gather(
    _ values: UnsafePointer<Float>, _ cursor: WinogradTiling.Cursor, top: Int, left: Int,
    into patch: UnsafeMutablePointer<Float>
  ) {
    patch.update(repeating: 0, count: side * side * paddedChannels)
    for row in 0..<side {
      let (imageRow, y) = place(tiling.rows, top + row)
      guard y >= 0, y < height else { continue }
      for column in 0..<side {
        let (imageColumn, x) = place(tiling.columns, left + column)
        guard x >= 0, x < width,
          let image = tiling.image(cursor, row: imageRow, column: imageColumn)
        else { continue }
        (patch + (row * side + column) * paddedChannels).update(
          from: values + ((image * height + y) * width + x) * channels, count: channels)
      }
    }
  }

  /// Writes out a tile of the gradient of a pooling: each window's gradient where its winner was, zeros at its other
  /// places.
  @inline(never)
  private func expand(
    _ values: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>,
    _ cursor: WinogradTiling.Cursor, top: Int, left: Int, into patch: UnsafeMutablePointer<Float>
  ) {
    let (height, width) = (height / 2, width / 2)
    var row = 0
    while row < side {
      let (imageRow, y) = place(tiling.rows, top + row)
      guard y >= 0, y / 2 < height else {
        row += 1
        continue
      }
      // The window's rows in the tile: the first row may be a window's second one.
      let upper = y & 1
      let rows = min(2 - upper, side - row)
      var column = 0
      while column < side {
        let (imageColumn, x) = place(tiling.columns, left + column)
        guard x >= 0, x / 2 < width,
          let image = tiling.image(cursor, row: imageRow, column: imageColumn)
        else {
          column += 1
          continue
        }
        let leftmost = x & 1
        let columns = min(2 - leftmost, side - column)
        let source = ((image * height + y / 2) * width + x / 2) * channels
        for r in 0..<rows {
          for k in 0..<columns {
            Self.select(
              values + source, places + source, UInt8((upper + r) * 2 + leftmost + k),
              count: channels, into: patch + ((row + r) * side + column + k) * paddedChannels)
          }
        }
        column += columns
      }
      row += rows
    }
  }

  /// `target = values` where the place is `number`, else zero.
  @inline(__always)
  private static func select(
    _ values: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, _ number: UInt8, count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    let numbers = SIMD8<UInt32>(repeating: UInt32(number))
    var c = 0
    while c + 8 <= count {
      let place = SIMD8<UInt32>(
        truncatingIfNeeded: UnsafeRawPointer(places + c).loadUnaligned(as: SIMD8<UInt8>.self))
      Lanes.zero.replacing(with: Lanes(at: values + c), where: place .== numbers)
        .store(to: target + c)
      c += 8
    }
    while c < count {
      target[c] = places[c] == number ? values[c] : 0
      c += 1
    }
  }
}
