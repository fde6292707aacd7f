import FERCore
import Foundation

/// `emojify dataset portrait`: a drawn picture that a face detector finds faces in.
struct DatasetPortrait: Command {
  static let name = "dataset portrait"
  static let summary = "Draw a picture of people with given emotions, to try predict on."
  static let examples = [
    Example("emojify dataset portrait three.png --emotions happy,surprise,sad", "Three in a row.")
  ]
  static var positionals: [Positional<Self>] {
    [.one("OUT", \.output, "The picture to write, which must be new: its ending names the format.")]
  }
  static var options: [Option<Self>] {
    [
      .value("--emotions", "<names>", \.emotions, "One person each, from left to right."),
      .value("--side", "<pixels>", \.side, in: .between(96, 2000), "Height of the picture."),
      .value("--seed", "<number>", \.seed, "Draws the persons."),
    ]
  }

  var common = CommonOptions()
  var output = ""
  var emotions: [Emotion] = [.happy, .surprise, .sad]
  var side = 400
  var seed: UInt64 = 1

  func validate() throws { try Image.checkEnding(of: URL(fileURLWithPath: output)) }

  func run(_ terminal: Terminal) throws {
    try InputGuard.checkIsNew(output)
    let width = side * emotions.count
    var pixels = [UInt8](repeating: 0, count: side * width * 3)
    for (place, emotion) in emotions.enumerated() {
      let person = DrawnFaces.portrait(emotion: emotion, seed: seed &+ UInt64(place), side: side)
      for y in 0..<side {
        for x in 0..<side {
          let target = (y * width + place * side + x) * 3
          for channel in 0..<3 { pixels[target + channel] = person[y * side + x] }
        }
      }
    }
    let picture = try Image(width: width, height: side, pixels: pixels)
    try picture.write(to: URL(fileURLWithPath: output))
    terminal.note("wrote \(emotions.map(\.name).listed) to \(output)")
  }
}

extension Emotion: ArgumentValue {
  init?(argument: String) { self.init(name: argument) }
  static var expectation: String { "one of \(choices.joined(separator: ", "))" }
  var argument: String? { name }
  static var choices: [String] { allCases.map(\.name) }
}
