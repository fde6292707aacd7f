import FERCore
import Foundation
import Synchronization

/// `emojify dataset convert`: a table as a folder of images, or the other way round.
struct DatasetConvert: Command {
  static let name = "dataset convert"
  static let summary = "Turn a CSV file into a folder of images, or a folder into a CSV file."
  static let examples = [
    Example("emojify dataset convert fer2013.csv faces/", "PNG files by split and class."),
    Example("emojify dataset convert faces/ faces.csv", "And back, to the same bytes."),
  ]
  static let discussion = """
    Splits, labels and every pixel are kept. A folder holds train|validation|test/CLASS/SPLIT_NUMBER.png, where the \
    number is the image's place in the table: converted back it is the same file, if that was in fer2013.csv's own form \
    (emotion,pixels,Usage). Images of a folder that are not 48 x 48 pixels are resized, as train does, and counted. OUT \
    must be new; it has its name only once it is complete.
    """
  static var positionals: [Positional<Self>] {
    [
      .one("IN", \.input, "A CSV file or a folder."),
      .one("OUT", \.output, "The folder or the .csv file to write, whichever IN is not."),
    ]
  }

  var common = CommonOptions()
  var input = ""
  var output = ""

  func run(_ terminal: Terminal) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: input, isDirectory: &isFolder) else {
      throw EmojifyError.missingInput("\(input): no such file or folder")
    }
    let target = URL(fileURLWithPath: output)
    let wantsTable = target.pathExtension.lowercased() == "csv"
    guard isFolder.boolValue == wantsTable else {
      throw EmojifyError.usage(
        isFolder.boolValue
          ? "\(input) is a folder, so OUT has to be a .csv file, not '\(output)'"
          : "\(input) is a file, so OUT has to be a folder, not '\(output)'")
    }
    try InputGuard.checkIsNew(output)
    let count = try wantsTable ? writeTable(target, terminal) : writeFolder(target, terminal)
    terminal.note("wrote \(NumberText.count(count, "image")) to \(output)")
  }

  private func writeTable(_ target: URL, _ terminal: Terminal) throws -> Int {
    let resized = Counter()
    let dataset = try FaceDataset.load(from: URL(fileURLWithPath: input)) { file in
      try ImageDecoder.grayPixels(of: file, side: 48) { width, height in
        if width != 48 || height != 48 { resized.increment() }
      }
    }
    for warning in dataset.warnings { terminal.note("note: \(warning)") }
    if resized.count > 0 {
      terminal.note("note: resized \(NumberText.count(resized.count, "image")) to 48 x 48 pixels")
    }
    try dataset.inNumberedOrder().writeCSV(to: target)
    return dataset.count
  }

  private func writeFolder(_ target: URL, _ terminal: Terminal) throws -> Int {
    let dataset = try DataSource.load(input, terminal)
    let isStopped = Counter()
    let interrupt = Interrupt { isStopped.increment() }
    let bar = ProgressBar(terminal, label: "convert")
    defer { bar.clear() }
    try withExtendedLifetime(interrupt) {
      var bar = bar
      try FaceFolderWriter.write(dataset, to: target, encoder: GrayImage.png) { done in
        if isStopped.count > 0 {
          terminal.note("interrupted: \(output) was not written")
          throw EarlyEnd.interrupted
        }
        bar.update(
          Double(done) / Double(dataset.count),
          "\(NumberText.grouped(done)) of \(NumberText.count(dataset.count, "image"))")
      }
    }
    return dataset.count
  }

  /// Counts from several threads.
  private final class Counter: Sendable {
    private let value = Atomic(0)
    var count: Int { value.load(ordering: .relaxed) }
    func increment() { value.wrappingAdd(1, ordering: .relaxed) }
  }
}
