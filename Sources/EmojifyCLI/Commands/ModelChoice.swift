import FERCore
import Foundation

/// Which model file a command works with.
enum ModelChoice {
  /// The files that were named, of which several make an ensemble, else the one that `choose` finds.
  ///
  /// Throws `EmojifyError.missingInput` where there is none.
  static func choose(_ explicit: [String], _ terminal: Terminal) throws -> [URL] {
    guard explicit.count > 1 else { return [try choose(explicit.first, terminal)] }
    return explicit.map(file)
  }

  /// What comes with emojify, the default first.
  static let bundled = ["best", "fast"]

  /// Whether this file is one of them.
  static func isBundled(_ file: URL) -> Bool {
    bundled.contains {
      Resources.find("models/\($0).h5")?.standardizedFileURL == file.standardizedFileURL
    }
  }

  /// For the options' texts.
  static let orByName = "a run's folder, or 'best' or 'fast' of those that come with emojify"
  static let fileOrByName = "A model file, \(orByName)."

  /// A model that comes with emojify may be called by its name, where no file has it (a folder may); a run by its folder.
  static func file(_ name: String) -> URL {
    let own = URL(fileURLWithPath: name)
    guard bundled.contains(name),
      !FileManager.default.fileExists(atPath: name) || own.hasDirectoryPath
    else { return RunFolder.isRun(own) ? own.appendingPathComponent("best.h5") : own }
    return Resources.find("models/\(name).h5") ?? own
  }

  /// `explicit`, else what the variable EMOJIFY_MODEL names, else the newest run's best model, else the one that comes
  /// with emojify. Says on stderr which, unless the user named it.
  ///
  /// Throws `EmojifyError.missingInput` where there is none of them.
  static func choose(
    _ explicit: String?, _ terminal: Terminal,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> URL {
    if let explicit {
      let file = file(explicit)
      terminal.detail("model: \(file.relativePath) (--model)")
      return file
    }
    if let named = environment["EMOJIFY_MODEL"], !named.isEmpty {
      terminal.note("model: \(named) (EMOJIFY_MODEL)")
      return file(named)
    }
    if let run = newestRun() {
      terminal.note("model: \(run.relativePath) (the newest run)")
      return run
    }
    guard let bundled = Resources.find("models/\(bundled[0]).h5") else {
      throw EmojifyError.missingInput(
        "there is no model: neither --model nor EMOJIFY_MODEL names one, runs/ has no run with a best.h5, "
          + "and models/\(bundled[0]).h5 is not installed; 'emojify train' makes one")
    }
    terminal.note("model: \(bundled.path) (comes with emojify)")
    return bundled
  }

  /// The best model of the run started last in `folder`.
  static func newestRun(in folder: URL = URL(fileURLWithPath: "runs", isDirectory: true)) -> URL? {
    RunFolder.newest(in: folder)?.appendingPathComponent("best.h5")
  }
}
