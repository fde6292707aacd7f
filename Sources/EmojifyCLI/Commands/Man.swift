import FERCore
import Foundation

/// `emojify man`: the manual pages as files, for those who install the program.
struct Man: Command {
  static let name = "man"
  static let summary = "Write the manual pages into a folder: emojify.1 and one a command."
  static let examples = [
    Example("emojify man pages && man -l pages/emojify-train.1", "Write them and read one.")
  ]
  static let discussion =
    "They are written from the options this program has. 'make install' and the Debian package install them."
  static var positionals: [Positional<Self>] {
    [.one("FOLDER", \.folder, values: .folders, "Where to; made where it is missing.")]
  }

  var common = CommonOptions()
  var folder = ""

  func run(_ terminal: Terminal) throws {
    let folder = URL(fileURLWithPath: folder, isDirectory: true)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw EmojifyError.missingInput("\(self.folder): the folder cannot be made")
    }
    let commands = AllCommands.outlines
    let pages = ManPage(version: AllCommands.version)
    var texts = [("emojify", pages.overview(commands))]
    texts += commands.map { ($0.pageName, pages.page($0)) }
    for (name, text) in texts {
      try AtomicFile.write(Data(text.utf8), to: folder.appendingPathComponent(name + ".1"))
    }
    terminal.note("wrote \(NumberText.count(texts.count, "page")) to \(self.folder)")
  }
}
