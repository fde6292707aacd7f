import Foundation

/// Files that are either the old one or the whole new one, whatever happens in between: a temporary
/// file beside the target, fsync, rename, fsync of the folder.
public enum AtomicFile {
  /// Writes `data` as the whole content of `target`.
  ///
  /// Throws `EmojifyError.missingInput` where the folder is missing or not writable or the target
  /// is a folder, `.internalFault` where the disk is full or fails. After a throw the target is as
  /// it was.
  public static func write(_ data: Data, to target: URL) throws {
    try replace(target) { temporary in
      try data.withUnsafeBytes { try write($0, to: temporary, naming: target) }
    }
  }

  /// Lets `body` write a temporary file, then puts that file in the target's place.
  ///
  /// The temporary exists (empty) when `body` starts, lies in the target's folder and has the
  /// target's extension, because image writers choose their format by it. It is removed if anything
  /// throws. A target that is a symbolic link stays one: the file it points to is replaced. An
  /// existing target's permissions are kept.
  public static func replace<Result>(_ target: URL, _ body: (URL) throws -> Result) throws -> Result
  {
    let destination = place(of: target)
    var status = stat()
    let exists = stat(destination.path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw EmojifyError.missingInput("\(target.relativePath): cannot write: it is a folder")
    }
    // Renaming onto /dev/null would replace the device.
    if exists, status.st_mode & S_IFMT != S_IFREG {
      throw EmojifyError.missingInput(
        "\(target.relativePath): cannot write: it is not a regular file")
    }
    let mode = exists ? status.st_mode & 0o777 : nil
    if exists, access(destination.path, W_OK) != 0 { throw failure("cannot write", target, errno) }
    let temporary = try makeTemporary(beside: destination, naming: target)
    do {
      let result = try body(temporary)
      try seal(temporary, mode: mode, naming: target)
      guard rename(temporary.path, destination.path) == 0 else {
        throw failure("cannot replace", target, errno)
      }
      synchronizeFolder(destination.deletingLastPathComponent())
      return result
    } catch {
      unlink(temporary.path)
      throw error
    }
  }

  /// The file that `target` names, which may not be there yet: where a symbolic link leads.
  public static func place(of target: URL) -> URL {
    var url = target.resolvingSymlinksInPath()
    let mostLinks = 40  // as Linux follows
    for _ in 0..<mostLinks {
      guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: url.path) else {
        break
      }
      // Of a link that leads nowhere the folders before it are not resolved yet, and `..` means those behind.
      let parent = url.deletingLastPathComponent().resolvingSymlinksInPath().path
      url = URL(fileURLWithPath: next.hasPrefix("/") ? next : "\(parent)/\(next)")
        .resolvingSymlinksInPath()
    }
    return url
  }

  /// A new empty file in the target's folder, with the permissions the process gives new files.
  private static func makeTemporary(beside destination: URL, naming target: URL) throws -> URL {
    let suffix = destination.pathExtension.isEmpty ? "" : "." + destination.pathExtension
    return try makeHidden(
      destination.deletingPathExtension().lastPathComponent, suffix: suffix,
      in: destination.deletingLastPathComponent(), or: { failure("cannot write", target, $0) }
    ) { path in
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { close(descriptor) }
      return descriptor >= 0
    }
  }

  /// What `make` makes in `folder`, under the first hidden name of `stem`, this process and a number that is free: what
  /// a killed process of the same number left stays as it is.
  ///
  /// `make` takes a path and says whether it made something there; otherwise `errno` says why not, and for all but
  /// `EEXIST` `refusal` of it is thrown. Throws `EmojifyError.internalFault` where no number is free.
  static func makeHidden(
    _ stem: String, suffix: String = "", in folder: URL, or refusal: (Int32) -> EmojifyError,
    _ make: (String) -> Bool
  ) throws -> URL {
    // Names are cut so that stem, number and suffix stay under the file system's 255 bytes.
    let prefix = "." + String(decoding: stem.utf8.prefix(128), as: UTF8.self)
    for attempt in 0..<10_000 {
      let url = folder.appendingPathComponent("\(prefix).\(getpid())-\(attempt)\(suffix)")
      if make(url.path) { return url }
      if errno != EEXIST { throw refusal(errno) }
    }
    throw EmojifyError.internalFault("\(folder.relativePath): too many temporary files in it")
  }

  /// Writes all of `bytes` over the temporary file.
  private static func write(
    _ bytes: UnsafeRawBufferPointer, to temporary: URL, naming target: URL
  ) throws {
    let descriptor = open(temporary.path, O_WRONLY | O_TRUNC | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot write", target, errno) }
    defer { close(descriptor) }
    try writeAll(bytes, to: descriptor, naming: target)
  }

  /// `write(2)` until every byte is out; `target` names the file in the error.
  static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, naming target: URL
  ) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let chunk = UnsafeRawBufferPointer(rebasing: rest)
      #if canImport(Glibc)
        let written = Glibc.write(descriptor, chunk.baseAddress, chunk.count)
      #else
        let written = Darwin.write(descriptor, chunk.baseAddress, chunk.count)
      #endif
      if written < 0 {
        if errno == EINTR { continue }
        throw failure("cannot write", target, errno)
      }
      rest = rest.dropFirst(written)
    }
  }

  /// Brings the temporary file's content to the disk.
  private static func seal(_ temporary: URL, mode: mode_t?, naming target: URL) throws {
    let descriptor = open(temporary.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot write", target, errno) }
    defer { close(descriptor) }
    if let mode, fchmod(descriptor, mode) != 0 { throw failure("cannot write", target, errno) }
    guard fsync(descriptor) == 0 else { throw failure("cannot write", target, errno) }
  }

  /// Makes the rename durable. Some file systems refuse to sync a folder; the file itself is safe,
  /// so that is no error.
  private static func synchronizeFolder(_ folder: URL) {
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// The error of a system call about `target`: the system's fault, or that of who named the file.
  static func failure(_ what: String, _ target: URL, _ code: Int32) -> EmojifyError {
    let message = "\(target.relativePath): \(what): \(String(cString: strerror(code)))"
    let isSystems = [ENOSPC, EDQUOT, EIO, EFBIG].contains(code)
    return isSystems ? .internalFault(message) : .missingInput(message)
  }
}
