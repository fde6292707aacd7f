import Dispatch
import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// Damaged tables, images and models: every one gives faces or one clear error, soon, and never a trap.
///
/// `make fuzz` runs them for EMOJIFY_FUZZ_SECONDS under the address sanitizer; without that variable a few hundred are
/// tried. A failure names the seed that damages the same way again: EMOJIFY_FUZZ_SEED.
@Suite(.serialized) struct FuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  static let seconds = environment["EMOJIFY_FUZZ_SECONDS"].flatMap { Double($0) }
  private static let firstSeed = environment["EMOJIFY_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1

  /// Calls `body` with one seed after the other: so many of them, or for the time that was asked for.
  ///
  /// - Parameter limit: the seconds no call may take.
  func run(_ name: String, tries: Int = 300, limit: Double = 10, _ body: (UInt64) throws -> Void)
    throws
  {
    let start = DispatchTime.now().uptimeNanoseconds
    var count: UInt64 = 0
    var slowest = Effort()
    var dearest = Effort()
    var long = 0
    while true {
      let seed = Self.firstSeed + count
      let begin = DispatchTime.now().uptimeNanoseconds
      let before = Self.childSeconds
      try body(seed)
      let end = DispatchTime.now().uptimeNanoseconds
      let effort = Effort(
        seconds: Double(end - begin) * 1e-9, childSeconds: Self.childSeconds - before, seed: seed)
      if effort.seconds > slowest.seconds { slowest = effort }
      if effort.childSeconds > dearest.childSeconds { dearest = effort }
      if effort.seconds > Self.longSeconds { long += 1 }
      count += 1
      let elapsed = Double(end - start) * 1e-9
      if let seconds = Self.seconds {
        if elapsed >= seconds { break }
      } else if count >= UInt64(tries) {
        break
      }
    }
    if Self.seconds != nil {
      print(
        "fuzz: \(count) \(name) from seed \(Self.firstSeed), \(long) over \(Self.longSeconds) s by the clock; slowest: "
          + slowest.text + (dearest.childSeconds > 0 ? "; most CPU: " + dearest.text : ""))
    }
    #expect(slowest.seconds < limit, "\(name): seed \(slowest.seed) took \(slowest.seconds) s")
  }

  /// What one damaged file took. On a crowded machine the clock goes on while nothing of ours runs; the CPU's does not.
  private struct Effort {
    var seconds = 0.0
    /// Of the CPU, by the processes that read (CHDF5).
    var childSeconds = 0.0
    var seed: UInt64 = 0

    var text: String {
      String(
        format: "%.2f s by the clock, %.2f s of a reading process's CPU (seed \(seed))", seconds,
        childSeconds)
    }
  }

  /// Whatever takes longer counts as a hang.
  private static let longSeconds = 2.0

  /// The CPU's seconds of all processes this one has waited for.
  private static var childSeconds: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(0) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6
    }
  }

  /// The error's text, where there was one: it must be one line of a decent length that names the file.
  func check(_ error: any Error, names name: String, limit: Int = 600, seed: UInt64) {
    guard let error = error as? EmojifyError else {
      Issue.record("seed \(seed): \(error)")
      return
    }
    let text = error.description
    #expect([65, 66].contains(error.exitCode), "seed \(seed): \(text)")
    #expect(text.contains(name) && text.count < limit, "seed \(seed): \(text)")
    #expect(
      !text.contains { $0.isNewline || $0 == "\0" || $0 == "\u{1B}" }, "seed \(seed): \(text)")
  }

  @Test func damagedTables() throws {
    let drawn = DrawnFaces.draw(count: 3, seed: 1)
    let rows = (0..<3).map { image in
      "\(drawn.labels[image]),"
        + drawn.image(image).map(String.init).joined(separator: " ")
        + ",\(drawn.splits[image].name)\n"
    }
    let corpus = [
      "emotion,pixels,Usage\n" + rows.joined(),
      "\u{FEFF}emotion, Usage, pixels\r\n"
        + "0,Training,\"\(drawn.image(0).map(String.init).joined(separator: " "))\"\r\n",
      "emotion,pixels\n"
        + rows.map { $0.split(separator: ",").prefix(2).joined(separator: ",") + "\n" }
        .joined(),
    ].map { Array($0.utf8) }
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("fuzz.csv")
      try run("tables") { seed in
        var mutator = Mutator(seed: seed, tokens: Mutator.tableTokens)
        let bytes = mutator.mutate(corpus[Int(seed % UInt64(corpus.count))], among: corpus)
        try Data(bytes).write(to: file)
        do {
          let dataset = try FaceTableReader.read(file)
          #expect(dataset.count > 0 && dataset.pixels.count == dataset.count * 2304, "seed \(seed)")
          #expect(dataset.labels.allSatisfy { $0 < 7 }, "seed \(seed)")
        } catch {
          check(error, names: "fuzz.csv", seed: seed)
        }
      }
    }
  }

  @Test func damagedImages() throws {
    let face = DrawnFaces.portrait(emotion: .happy, seed: 1, side: 48)
    let picture = try Image(width: 48, height: 48, pixels: face.flatMap { [$0, 255 - $0, $0 / 2] })
    var corpus = try ["png", "jpg", "webp", "bmp"].map { Array(try picture.encoded(as: $0)) }
    corpus.append(Array(HandmadePNG.data(width: 48, height: 48, .gray, pixels: face)))
    corpus.append(Array("P5 48 48 255\n".utf8) + face)
    corpus.append(Array("P2\n# gray\n48 48\n255\n".utf8) + face.flatMap { Array("\($0) ".utf8) })
    corpus.append(Self.tiff(face, side: 48))
    try run("images") { seed in
      var mutator = Mutator(seed: seed, tokens: Mutator.imageTokens)
      let bytes = mutator.mutate(corpus[Int(seed % UInt64(corpus.count))], among: corpus)
      do {
        let image = try Image(data: Data(bytes), name: "fuzz", pixelLimit: 4_000_000)
        #expect(image.width * image.height <= 4_000_000, "seed \(seed)")
        #expect(try image.grayPixels(side: 48).count == 2304, "seed \(seed)")
      } catch {
        check(error, names: "fuzz", seed: seed)
      }
    }
  }

  /// A gray TIFF 6.0 file of one uncompressed strip, little-endian.
  private static func tiff(_ gray: [UInt8], side: UInt32) -> [UInt8] {
    func bytes(_ value: UInt32, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
    // Tag and value; all are of type LONG (4).
    let entries: [(UInt32, UInt32)] = [
      (256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, side),
      (279, side * side),
    ]
    let directory = entries.flatMap { bytes($0.0, 2) + bytes(4, 2) + bytes(1, 4) + bytes($0.1, 4) }
    return [0x49, 0x49, 42, 0] + bytes(8 + side * side, 4) + gray
      + bytes(UInt32(entries.count), 2) + directory + [0, 0, 0, 0]
  }
}
