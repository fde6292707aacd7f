import FERCore
import Foundation

/// Which model file a command works with.
enum ModelChoice {
  /// The files that were named, of which several make an ensemble, else the one that `choose` finds.
  static func choose(_ explicit: [String], _ terminal: Terminal) throws -> [URL] {
    guard explicit.count > 1 else { return [try choose(explicit.first, terminal)] }
    return explicit.map { URL(fileURLWithPath: $0) }
  }

  /// `explicit`, else what the variable EMOJIFY_MODEL names, else the newest run's best model, else the one that comes
  /// with emojify. Says on stderr which, unless the user named it.
  static func choose(
    _ explicit: String?, _ terminal: Terminal,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> URL {
    if let explicit {
      terminal.detail("model: \(explicit) (--model)")
      return URL(fileURLWithPath: explicit)
    }
    if let named = environment["EMOJIFY_MODEL"], !named.isEmpty {
      terminal.note("model: \(named) (EMOJIFY_MODEL)")
      return URL(fileURLWithPath: named)
    }
    if let run = newestRun() {
      terminal.note("model: \(run.relativePath) (the newest run)")
      return run
    }
    guard let bundled = Resources.find("models/default.h5") else {
      throw EmojifyError.missingInput(
        "there is no model: neither --model nor EMOJIFY_MODEL names one, runs/ has no run with a best.h5, "
          + "and models/default.h5 is not installed; 'emojify train' makes one")
    }
    terminal.note("model: \(bundled.path) (comes with emojify)")
    return bundled
  }

  /// The best model of the run started last in `folder`.
  static func newestRun(in folder: URL = URL(fileURLWithPath: "runs", isDirectory: true)) -> URL? {
    RunFolder.newest(in: folder)?.appendingPathComponent("best.h5")
  }
}
