import Foundation

/// The folder of one run. While this object lives no other process trains in it.
///
///     config.json      what was asked for            best.h5   the best epoch's network
///     history.csv      one line an epoch             last.h5   the last epoch's
///     checkpoint.h5    what --resume goes on from    curves.svg   the history as a picture
///     start.h5         what it began with, if not random weights
public final class RunFolder {
  public let url: URL
  private let lock: Int32

  public var configuration: URL { url.appendingPathComponent("config.json") }
  public var history: URL { url.appendingPathComponent("history.csv") }
  public var curves: URL { url.appendingPathComponent("curves.svg") }
  public var best: URL { url.appendingPathComponent("best.h5") }
  public var last: URL { url.appendingPathComponent("last.h5") }
  public var start: URL { url.appendingPathComponent("start.h5") }
  public var checkpoint: URL { url.appendingPathComponent("checkpoint.h5") }
  public var hasCheckpoint: Bool { (try? checkpoint.checkResourceIsReachable()) == true }

  /// Makes a folder that did not exist, with those above it.
  /// - Throws: `EmojifyError.usage` where there is something of that name, `.missingInput` where it cannot be made.
  public static func create(at url: URL) throws -> RunFolder {
    guard try make(url) else {
      throw EmojifyError.usage("\(url.relativePath): is there already; a run needs a new folder")
    }
    return try RunFolder(locking: url)
  }

  /// Makes `parent/yyyyMMdd-HHmmss-architecture`, with `-2`, `-3` … behind it where that is taken.
  public static func create(
    in parent: URL, architecture: String, date: Date = Date(), timeZone: TimeZone = .current
  ) throws -> RunFolder {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.calendar = Calendar(identifier: .gregorian)
    formatter.timeZone = timeZone
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    let name = "\(formatter.string(from: date))-\(architecture)"
    for number in 1...1000 {
      let url = parent.appendingPathComponent(number == 1 ? name : "\(name)-\(number)")
      if try make(url) { return try RunFolder(locking: url) }
    }
    throw EmojifyError.internalFault("\(parent.relativePath): too many runs called \(name)")
  }

  /// Opens the folder of a run to go on with it.
  /// - Throws: `EmojifyError.missingInput` where it is no run's folder or another process trains in it.
  public static func open(_ url: URL) throws -> RunFolder {
    guard isRun(url) else {
      throw EmojifyError.missingInput(
        "\(url.relativePath): is not the folder of a run: there is no config.json")
    }
    let folder = try RunFolder(locking: url)
    folder.removeLeftovers()
    return folder
  }

  /// The runs in a folder, the one started last first.
  public static func list(in parent: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    let runs = names.map { parent.appendingPathComponent($0) }.filter(isRun)
    return runs.map { (url: $0, started: started($0)) }
      .sorted { ($0.started, $0.url.path) > ($1.started, $1.url.path) }
      .map(\.url)
  }

  /// The run started last of those that have a best model.
  public static func newest(in parent: URL) -> URL? {
    list(in: parent).first {
      FileManager.default.fileExists(atPath: $0.appendingPathComponent("best.h5").path)
    }
  }

  /// Removes the folder of a run that never began; one that did stays.
  public func discard() {
    guard !Self.isRun(url) else { return }
    for file in [start, url.appendingPathComponent(".lock")] { unlink(file.path) }
    rmdir(url.path)
  }

  private init(locking url: URL) throws {
    self.url = url
    // The kernel gives the lock back however the process ends; a file that merely exists would outlive a kill.
    lock = Foundation.open(
      url.appendingPathComponent(".lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard lock >= 0 else {
      throw EmojifyError.missingInput(
        "\(url.relativePath): cannot write: \(String(cString: strerror(errno)))")
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw EmojifyError.missingInput("\(url.relativePath): another process is training there")
    }
  }

  deinit { close(lock) }

  /// Removes the temporary files of a process that was killed while it wrote; nobody else writes under this lock.
  private func removeLeftovers() {
    let stems = [configuration, history, curves, best, last, start, checkpoint].map {
      ".\($0.deletingPathExtension().lastPathComponent)."
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    for name in names where stems.contains(where: name.hasPrefix) {
      try? FileManager.default.removeItem(at: url.appendingPathComponent(name))
    }
  }

  /// False where there is something of that name.
  private static func make(_ url: URL) throws -> Bool {
    let parent = url.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    } catch {
      throw EmojifyError.missingInput("\(parent.relativePath): cannot make the folder")
    }
    if mkdir(url.path, 0o777) == 0 { return true }
    if errno == EEXIST { return false }
    throw EmojifyError.missingInput(
      "\(url.relativePath): cannot make the folder: \(String(cString: strerror(errno)))")
  }

  /// Whether the folder holds a run.
  public static func isRun(_ url: URL) -> Bool {
    FileManager.default.fileExists(atPath: url.appendingPathComponent("config.json").path)
  }

  /// What the run in a folder was asked for. Throws as `TrainingConfiguration.init(reading:)`.
  public static func recipe(of folder: URL) throws -> TrainingConfiguration {
    try TrainingConfiguration(reading: folder.appendingPathComponent("config.json"))
  }

  /// When config.json was written, which is at the start and never again.
  private static func started(_ url: URL) -> Date {
    let path = url.appendingPathComponent("config.json").path
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.modificationDate] as? Date ?? .distantPast
  }
}
