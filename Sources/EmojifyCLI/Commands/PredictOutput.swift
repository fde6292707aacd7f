import FERCore
import Foundation

/// Writes `predict`'s results to stdout as they come.
struct PredictOutput {
  enum Form { case text, json, jsonLines, csv }

  private let form: Form
  private let top: Int
  private let emoji: Bool
  private let classes: [FaceClass]
  private let terminal: Terminal
  private var array: JSONArrayOutput?

  /// `top` and `emoji` count for text; `classes`, what the network tells apart, are the last columns of CSV.
  init(_ form: Form, top: Int, emoji: Bool, classes: [FaceClass], _ terminal: Terminal) {
    self.form = form
    self.top = top
    self.emoji = emoji
    self.classes = classes
    self.terminal = terminal
    switch form {
    case .text, .jsonLines: break
    case .json: array = JSONArrayOutput()
    case .csv:
      let box = ["x", "y", "width", "height"]
      print(
        CSVOutput.line(["image", "face"] + box + ["emotion", "score"] + classes.map(\.name)))
    }
  }

  /// Images that could not be read are in JSON only.
  ///
  /// Throws where stdout cannot take it: nobody should go on for hours for nothing.
  mutating func write(_ results: [Result<PredictedImage, UnreadImage>]) throws {
    for result in results {
      switch (form, result) {
      case (.text, .success(let image)): print(image.text(top: top, emoji: emoji, terminal))
      case (.csv, .success(let image)): for row in rows(image) { print(CSVOutput.line(row)) }
      case (.text, .failure), (.csv, .failure): break
      case (.json, .success(let image)): try array?.write(image)
      case (.json, .failure(let image)): try array?.write(image)
      case (.jsonLines, .success(let image)): print(try JSONOutput.line(image))
      case (.jsonLines, .failure(let image)): print(try JSONOutput.line(image))
      }
    }
    try Terminal.flush()
  }

  func end() { array?.end() }

  /// A row for each face, faces counted from 1.
  private func rows(_ result: PredictedImage) -> [[String]] {
    result.faces.enumerated().map { index, face in
      let box = [face.box.x, face.box.y, face.box.width, face.box.height].map(String.init)
      let scores = classes.map { emotion in
        face.ranked.first { $0.emotion == emotion }.map { Self.number($0.score) } ?? ""
      }
      return [result.path, String(index + 1)] + box
        + [face.best.emotion.name, Self.number(face.best.score)] + scores
    }
  }

  private static func number(_ score: Float) -> String { NumberText.fixed(score, 6) }
}
