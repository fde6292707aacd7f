import Dispatch
import Foundation

/// Writes a data set as the folder that `FaceFolderReader` reads:
/// `train|validation|test/<class>/<split>_<number>.png`, numbered from 1 in the data set's order.
public enum FaceFolderWriter {
  /// Makes the bytes of an image file (PNG) of `side * side` gray bytes. Called from several threads.
  public typealias FaceEncoder = @Sendable (_ pixels: [UInt8], _ side: Int) throws -> Data

  /// Writes all images below `folder`, which must be new.
  ///
  /// It has its name only when all is written and on the disk: until then there is a hidden folder beside it,
  /// which is removed if anything throws. `progress` is told how many images are done, and may throw.
  /// Throws `EmojifyError.usage` where there is something of that name, `.missingInput` where it cannot be
  /// made, `.internalFault` where the disk is full.
  public static func write(
    _ dataset: FaceDataset, to folder: URL, encoder: FaceEncoder,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    var status = stat()
    guard lstat(folder.path, &status) != 0 else {
      throw EmojifyError.usage("\(folder.relativePath): is there already; it stays as it is")
    }
    try refuseUnwritableNames(dataset, folder)
    let temporary = try makeTemporary(beside: folder)
    do {
      try fill(temporary, dataset, naming: folder, encoder: encoder, progress: progress)
      // All files at once: fsync of each of 35,887 would take minutes.
      sync()
      guard rename(temporary.path, folder.path) == 0 else {
        throw AtomicFile.failure("cannot write", folder, errno)
      }
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw error
    }
  }

  /// The path of image `index` below the folder.
  static func path(of index: Int, in dataset: FaceDataset) -> String {
    let split = dataset.splits[index]
    let number = String(index + 1)
    let zeros = String(repeating: "0", count: max(0, String(dataset.count).count - number.count))
    return "\(folderName(split))/\(dataset.classNames[Int(dataset.labels[index])])/"
      + "\(split.name)_\(zeros)\(number).png"
  }

  /// As `FaceFolderReader` reads them.
  private static func folderName(_ split: FaceDataset.Split) -> String {
    switch split {
    case .training: "train"
    case .publicTest: "validation"
    case .privateTest: "test"
    }
  }

  private static func fill(
    _ temporary: URL, _ dataset: FaceDataset, naming folder: URL, encoder: FaceEncoder,
    progress: (Int) throws -> Void
  ) throws {
    let paths = (0..<dataset.count).map { path(of: $0, in: dataset) }
    for parent in Set(paths.map { $0.split(separator: "/").dropLast().joined(separator: "/") }) {
      try make(temporary.appendingPathComponent(parent, isDirectory: true), naming: folder)
    }
    let block = 512  // images between two calls of `progress`
    for start in stride(from: 0, to: dataset.count, by: block) {
      let count = min(block, dataset.count - start)
      var faults = [(any Error)?](repeating: nil, count: count)
      faults.withUnsafeMutableBufferPointer { faults in
        let faults = Unchecked(faults)
        DispatchQueue.concurrentPerform(iterations: count) { offset in
          let index = start + offset
          do {
            let data = try encoder(dataset.image(index), dataset.side)
            try write(data, to: "\(temporary.path)/\(paths[index])", naming: folder)
          } catch { faults.value[offset] = error }
        }
      }
      if let fault = faults.lazy.compactMap(\.self).first { throw fault }
      try progress(start + count)
    }
  }

  private static func write(_ data: Data, to path: String, naming folder: URL) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw AtomicFile.failure("cannot write", folder, errno) }
    defer { close(descriptor) }
    try data.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, naming: folder) }
  }

  /// A new empty folder beside `folder`.
  private static func makeTemporary(beside folder: URL) throws -> URL {
    let parent = folder.deletingLastPathComponent()
    try make(parent, naming: folder)
    return try AtomicFile.makeHidden(
      folder.lastPathComponent, in: parent,
      or: { AtomicFile.failure("cannot make the folder", folder, $0) }
    ) { mkdir($0, 0o777) == 0 }
  }

  private static func make(_ url: URL, naming folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw EmojifyError.missingInput("\(folder.relativePath): cannot make the folder")
    }
  }

  /// A class' name becomes a folder's.
  private static func refuseUnwritableNames(_ dataset: FaceDataset, _ folder: URL) throws {
    for name in dataset.classNames {
      guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), !name.utf8.contains(0) else {
        throw EmojifyError.badData("class '\(name)' cannot be the name of a folder")
      }
    }
  }
}

extension FaceDataset {
  /// The images in the order of the numbers in their files' names, across the splits, if all came from files
  /// with different ones that name their split: the order they had where `FaceFolderWriter` wrote them. Else as
  /// they are.
  public func inNumberedOrder() -> FaceDataset {
    guard case .paths(let paths, _) = origin else { return self }
    var numbers: [Int] = []
    for (path, split) in zip(paths, splits) {
      let name = path.split(separator: "/").last ?? ""
      guard let match = name.wholeMatch(of: /([A-Za-z]+)_([0-9]{1,12})\.[A-Za-z]+/),
        match.1 == split.name, let number = Int(match.2)
      else { return self }
      numbers.append(number)
    }
    guard Set(numbers).count == numbers.count else { return self }
    return reordered(numbers.indices.sorted { numbers[$0] < numbers[$1] })
  }
}
