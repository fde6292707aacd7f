import FERCore
import Foundation

@testable import EmojifyCLI

/// Videos of drawn faces that walk over a gray ground, so that tests know where they are.
enum MovingPortraits {
  static let side = 160
  static let width = 480
  static let height = 240

  /// Two people in `frame`: one walks to the right, one to the left and down.
  static func corners(_ frame: Int) -> [(x: Int, y: Int)] {
    [(20 + frame, 40), (width - side - 10 - frame, 20 + frame)]
  }

  private static let people: [[UInt8]] = [
    DrawnFaces.portrait(emotion: .happy, seed: 1, side: side),
    DrawnFaces.portrait(emotion: .surprise, seed: 2, side: side),
  ]

  static func picture(_ frame: Int, people count: Int = 2) throws -> Image {
    var pixels = [UInt8](repeating: 120, count: width * height * 3)
    for (person, corner) in zip(people, corners(frame)).prefix(count) {
      for y in 0..<side {
        for x in 0..<side where corner.y + y < height && corner.x + x < width {
          let place = ((corner.y + y) * width + corner.x + x) * 3
          for channel in 0..<3 { pixels[place + channel] = person[y * side + x] }
        }
      }
    }
    return try Image(width: width, height: height, pixels: pixels)
  }

  /// The people walk for 40 frames, then stand.
  static func write(to file: URL, frames: Int, rate: Double = 20, people: Int = 2) throws {
    var writer = try VideoWriter(
      file: file, name: "test", framesPerSecond: rate, width: width, height: height)
    let walk = try (0..<min(frames, 40)).map { try picture($0, people: people) }
    for frame in 0..<frames { try writer.write(walk[min(frame, walk.count - 1)]) }
    try writer.finish()
  }
}
