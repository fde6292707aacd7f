import Foundation
import Testing

/// MP4 files that say of their frames what OpenCV's writer never says (ISO 14496-12).
struct PatchedMP4 {
  private(set) var data: Data

  init(_ file: URL) throws { data = try Data(contentsOf: file) }

  /// Frames shall be turned: a, b, c and d of the matrix (8.3.2.3).
  mutating func turn(_ matrix: [Int32]) throws {
    for (entry, number) in zip([0, 1, 3, 4], matrix) {
      let place = try box("tkhd") + 40 + entry * 4
      set(UInt32(bitPattern: number << 16), at: place)
    }
  }

  /// So many frames, shown so many times as long as they were (8.6.1.2).
  mutating func time(_ runs: [(frames: Int, factor: Int)]) throws {
    let table = try box("stts")
    let frames = runs.reduce(0) { $0 + $1.frames }
    try #require(number(table + 4) == 1 && Int(number(table + 8)) == frames)
    let ticks = Int(number(table + 12))
    let longer = { (duration: UInt32) in
      UInt32(Int(duration) * runs.reduce(0) { $0 + $1.frames * $1.factor } / frames)
    }
    for (name, offset) in [("mvhd", 16), ("tkhd", 20), ("elst", 8), ("mdhd", 16)] {
      let place = try box(name) + offset
      set(longer(number(place)), at: place)
    }
    for name in ["moov", "trak", "mdia", "minf", "stbl", "stts"] {
      let size = try box(name) - 8
      set(number(size) + UInt32((runs.count - 1) * 8), at: size)
    }
    set(UInt32(runs.count), at: table + 4)
    var entries = Data()
    for run in runs {
      for number in [run.frames, run.factor * ticks] {
        entries.append(withUnsafeBytes(of: UInt32(number).bigEndian) { Data($0) })
      }
    }
    data.replaceSubrange(table + 8..<table + 16, with: entries)
  }

  /// Where a box's content begins. The boxes stand behind the frames.
  private func box(_ name: String) throws -> Int {
    let movie = try #require(data.range(of: Data("moov".utf8), options: .backwards))
    if name == "moov" { return movie.upperBound }
    let range = data.range(of: Data(name.utf8), in: movie.upperBound..<data.endIndex)
    return try #require(range, "no box \(name)").upperBound
  }

  private func number(_ place: Int) -> UInt32 {
    data[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  private mutating func set(_ number: UInt32, at place: Int) {
    data.replaceSubrange(
      place..<place + 4, with: withUnsafeBytes(of: number.bigEndian) { Data($0) })
  }
}
