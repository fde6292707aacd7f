import FERCore
import Foundation

/// The files emojify brings along: `emojis/` and `models/`.
enum Resources {
  /// The first of these that exists, `relative` being a path such as `emojis` or
  /// `models/best.h5`:
  ///
  /// 1. in the folder the environment variable `EMOJIFY_SHARE` names,
  /// 2. in `../share/emojify` beside the executable's folder: an installed tree,
  /// 3. in the clone the executable was built in: the nearest folder above with a `Package.swift`,
  /// 4. in the current folder.
  static func find(_ relative: String) -> URL? {
    folders().map { $0.appendingPathComponent(relative) }.first {
      FileManager.default.fileExists(atPath: $0.path)
    }
  }

  /// Like `find`; throws `EmojifyError.missingInput` with the folders that were searched where
  /// there is nothing.
  static func require(_ relative: String) throws -> URL {
    if let found = find(relative) { return found }
    let searched = folders().map(\.path).joined(separator: ", ")
    throw EmojifyError.missingInput(
      "\(relative): not found in \(searched); EMOJIFY_SHARE can name the folder it is in")
  }

  /// Where `find` looks, in this order. The arguments stand in for the process in tests.
  static func folders(
    share: String? = ProcessInfo.processInfo.environment["EMOJIFY_SHARE"],
    executable: URL? = executable,
    current: String = FileManager.default.currentDirectoryPath
  ) -> [URL] {
    var folders: [URL] = []
    if let share, !share.isEmpty { folders.append(URL(fileURLWithPath: share, isDirectory: true)) }
    if let folder = executable?.deletingLastPathComponent() {
      folders.append(
        folder.deletingLastPathComponent().appendingPathComponent("share/emojify"))
      if let clone = clone(above: folder) { folders.append(clone) }
    }
    folders.append(URL(fileURLWithPath: current, isDirectory: true))
    return folders
  }

  /// A `models` or `emojis` folder above the executable counts only in a clone: above an installed
  /// one it is a stranger's.
  private static func clone(above folder: URL) -> URL? {
    var folder = folder
    while folder.path != "/" {
      let package = folder.appendingPathComponent("Package.swift").path
      if FileManager.default.fileExists(atPath: package) { return folder }
      folder.deleteLastPathComponent()
    }
    return nil
  }

  /// The running program, links resolved: an installed `emojify` may be a link into a clone.
  private static var executable: URL? {
    let linked = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return (linked.map { URL(fileURLWithPath: $0) } ?? Bundle.main.executableURL)?
      .resolvingSymlinksInPath()
  }
}
