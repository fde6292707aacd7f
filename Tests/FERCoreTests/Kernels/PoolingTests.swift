import Testing

@testable import FERCore

@Suite struct PoolingTests {
  static let windows: [ReferenceWindow] =
    Padding.allCases.flatMap { padding in
      [1, 7, 8, 9, 33].flatMap { channels in
        [
          window(6, 8, channels, (2, 2), (2, 2), padding),
          // Odd sizes: with same padding the last windows hang over the border.
          window(5, 7, channels, (2, 2), (2, 2), padding),
          window(7, 8, channels, (3, 3), (3, 3), padding),
          window(8, 10, channels, (3, 3), (3, 3), padding),
          window(9, 9, channels, (3, 3), (2, 2), padding),
          window(8, 7, channels, (3, 2), (1, 2), padding),
          window(11, 10, channels, (2, 2), (3, 4), padding),
        ]
      } + [
        window(1, 1, 8, (1, 1), (1, 1), padding), window(40, 40, 3, (2, 2), (2, 2), padding),
        window(41, 39, 3, (2, 2), (2, 2), padding), window(16, 16, 2, (16, 16), (16, 16), padding),
      ]
    } + [window(2, 3, 8, (4, 5), (4, 5), .same), window(3, 3, 9, (5, 5), (2, 2), .same)]

  private static func window(
    _ height: Int, _ width: Int, _ channels: Int, _ size: (Int, Int), _ stride: (Int, Int),
    _ padding: Padding
  ) -> ReferenceWindow {
    ReferenceWindow(
      batch: 3, height: height, width: width, inputs: channels, outputs: channels, kernel: size,
      stride: stride, padding: padding)
  }

  /// The largest element and its gradient are copies: exact. Where windows overlap gradients add up, at most
  /// `taps` of them.
  @Test(arguments: windows) func maximum(window: ReferenceWindow) {
    let g = window.geometry
    var random = SeededRandom(seed: 40)
    let x = GuardedFloats(random.normals(window.inputCount))
    let dy = GuardedFloats(random.normals(window.outputCount))
    let pool = WorkerPool(threads: 2)
    let expected = Reference.maxPooling(x.elements.doubles, window)
    let placeCount = (window.outputCount + 3) / 4
    let places = GuardedFloats(count: placeCount)
    let bytes = UnsafeMutableRawPointer(places.base).assumingMemoryBound(to: UInt8.self)
    for kept in [bytes, nil] {
      let y = GuardedFloats(count: window.outputCount)
      Pooling.maximum(x.base, into: y.base, places: kept, g, pool: pool)
      expectClose(y.elements, expected, ofScale: 0, "\(window)")
      #expect(y.isIntact && places.isIntact, "\(window)")
    }
    let dx = GuardedFloats(count: window.inputCount)
    Pooling.maximumGradient(dy.base, places: bytes, into: dx.base, g, pool: pool)
    let taps = window.kernel.height * window.kernel.width
    expectClose(
      dx.elements, Reference.maxPoolingGradient(x.elements.doubles, dy.elements.doubles, window),
      ofScale: gamma(taps), "\(window)")
    #expect(dx.isIntact, "\(window)")
  }

  @Test(arguments: windows) func average(window: ReferenceWindow) {
    let g = window.geometry
    var random = SeededRandom(seed: 41)
    let x = GuardedFloats(random.normals(window.inputCount))
    let dy = GuardedFloats(random.normals(window.outputCount))
    let pool = WorkerPool(threads: 2)
    let y = GuardedFloats(count: window.outputCount)
    Pooling.average(x.base, into: y.base, g, pool: pool)
    let taps = window.kernel.height * window.kernel.width
    expectClose(
      y.elements, Reference.averagePooling(x.elements.doubles, window),
      within: Reference.averagePooling(x.elements.doubles.magnitudes, window).map {
        $0 * gamma(taps + 2)
      }, "\(window)")
    let dx = GuardedFloats(count: window.inputCount)
    Pooling.averageGradient(dy.base, into: dx.base, g, pool: pool)
    expectClose(
      dx.elements, Reference.averagePoolingGradient(dy.elements.doubles, window),
      within: Reference.averagePoolingGradient(dy.elements.doubles.magnitudes, window).map {
        $0 * gamma(taps + 2)
      }, "\(window)")
    #expect(y.isIntact && dx.isIntact, "\(window)")
  }

  /// Padding never wins, not even over negative numbers; of equals the first wins; not-a-number always does.
  @Test(arguments: [1, 8, 9]) func ties(channels: Int) {
    let window = Self.window(3, 3, channels, (2, 2), (2, 2), .same)
    var x = Array(repeating: Float(-1), count: window.inputCount)
    for c in 0..<channels { x[(2 * 3 + 2) * channels + c] = .nan }  // alone in its window
    for c in 0..<channels { x[9 * channels + c] = .nan }  // first of its window, second image
    for c in 0..<channels { x[(18 + 4) * channels + c] = .nan }  // last of its window, third image
    let (y, places) = Self.maximum(x, window)
    for image in 0..<3 {
      for pixel in 0..<4 {
        for c in 0..<channels {
          let index = (image * 4 + pixel) * channels + c
          let isNaN = image == 0 ? pixel == 3 : pixel == 0
          #expect(isNaN ? y[index].isNaN : y[index] == -1)
          #expect(places[index] == (image == 2 && pixel == 0 ? 3 : 0))
        }
      }
    }
  }

  private static func maximum(_ x: [Float], _ window: ReferenceWindow) -> ([Float], [UInt8]) {
    let (x, y) = (GuardedFloats(x), GuardedFloats(count: window.outputCount))
    let places = UnsafeMutablePointer<UInt8>.allocate(capacity: window.outputCount)
    defer { places.deallocate() }
    Pooling.maximum(
      x.base, into: y.base, places: places, window.geometry, pool: WorkerPool(threads: 1))
    return (
      y.elements, Array(UnsafeBufferPointer(start: places, count: window.outputCount))
    )
  }
}
