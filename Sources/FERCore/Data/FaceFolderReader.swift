import Dispatch
import Foundation

/// Reads a folder of class folders: `train|test|val|validation/<class>/*.jpg|jpeg|png`, or
/// `<class>/…` alone.
///
/// **Split.** A file name that begins with `Training_`, `PublicTest_` or `PrivateTest_` says its
/// own. Otherwise the folder does: train is Training, val and validation are PublicTest (what is
/// chosen on), test is PrivateTest (what only the final score is taken on), no split folder is
/// Training.
///
/// **Labels** come from the folder's name as a word for an emotion, never from its place in the
/// alphabet. The classes are the emotions that have images, in FER-2013's order, then contempt, the
/// eighth of other data. If not one folder is named after an emotion, the folders are classes of
/// their own, in alphabetical order.
///
/// **Order:** split, then the last number in the file's name, then label, then path. File names
/// made from fer2013.csv carry its row numbers, so folder and table give the same data set in the
/// same order.
public enum FaceFolderReader {
  /// The faces under `folder`, decoded on all cores.
  ///
  /// Throws `EmojifyError.missingInput` where there is no such folder or an image is gone, `.badData` where its layout
  /// says nothing, a class folder is unknown among known ones, or an image cannot be decoded (the
  /// first by order, and how many more). Files that are no images are left out, with a warning that
  /// counts them.
  public static func read(
    _ folder: URL, side: Int = 48, decoder: FaceDecoder
  ) throws -> FaceDataset {
    let listing = try FaceFolderListing(folder)
    let (classNames, files) = try labelled(listing, name: folder.relativePath)
    let size = side * side
    guard files.count <= mostBytes / size else {
      throw EmojifyError.badData(
        "\(folder.relativePath): \(files.count) images of \(side) x \(side) pixels are more than the "
          + "\(mostBytes >> 30) GB that data may have in memory")
    }
    var faults = [(any Error)?](repeating: nil, count: files.count)
    let pixels = [UInt8](unsafeUninitializedCapacity: files.count * size) { target, count in
      faults.withUnsafeMutableBufferPointer { faults in
        let output = Unchecked((target, faults))
        let block = 64  // files a worker takes at a time
        DispatchQueue.concurrentPerform(iterations: (files.count + block - 1) / block) { part in
          for index in part * block..<min((part + 1) * block, files.count) {
            do {
              let image = try decoder(URL(fileURLWithPath: files[index].path))
              precondition(image.count == size, "the decoder gave \(image.count) bytes")
              _ = UnsafeMutableBufferPointer(
                rebasing: output.value.0[index * size..<(index + 1) * size]
              ).initialize(from: image)
            } catch { output.value.1[index] = error }
          }
        }
      }
      // A fault below throws the array away, so the images it left unwritten are never read.
      count = files.count * size
    }
    try refuseUnreadable(files, faults)
    return FaceDataset(
      side: side, pixels: pixels, labels: files.map { UInt8($0.label) }, splits: files.map(\.split),
      classNames: classNames, origin: .paths(files.map(\.path), folder: listing.root),
      warnings: listing.warnings)
  }

  private static let mostBytes = 16 << 30

  private struct LabelledFile: Sendable {
    let path: String
    let label: Int
    let split: FaceDataset.Split
    let number: Int

    var key: (UInt8, Int, Int, String) { (split.rawValue, number, label, path) }
  }

  /// Classes from the folders' names, and the files in the data set's order.
  private static func labelled(
    _ listing: FaceFolderListing, name: String
  ) throws -> (classNames: [String], files: [LabelledFile]) {
    let folders = Set(listing.files.map(\.className))
    let hasEmotions = folders.contains { Emotion(name: $0) != nil }
    let known = FaceClass.drawn
    if hasEmotions, let stranger = folders.filter({ !known.contains(FaceClass($0)) }).min() {
      let example = listing.files.first { $0.className == stranger }?.folder ?? stranger
      throw EmojifyError.badData(
        "\(example): class folder '\(stranger)' is no emotion, expected one of "
          + known.map(\.name).joined(separator: ", "))
    }
    let found = Set(folders.map { FaceClass($0) })
    let classNames =
      hasEmotions ? known.filter(found.contains).map(\.name) : folders.sorted()
    guard classNames.count <= 256 else {
      throw EmojifyError.badData("\(name): has \(classNames.count) classes, expected at most 256")
    }
    var labels: [String: Int] = [:]
    for folder in folders {
      labels[folder] = classNames.firstIndex(of: hasEmotions ? FaceClass(folder).name : folder)
    }
    let files = listing.files.compactMap { file in
      labels[file.className].map {
        LabelledFile(path: file.path, label: $0, split: file.split, number: file.number)
      }
    }
    return (classNames, files.sorted { $0.key < $1.key })
  }

  private static func refuseUnreadable(_ files: [LabelledFile], _ faults: [(any Error)?]) throws {
    let bad = faults.indices.filter { faults[$0] != nil }
    guard let first = bad.first, let error = faults[first] else { return }
    let path = files[first].path
    let reason = String(describing: error)
    let message = reason.contains(path) ? reason : "\(path): \(reason)"
    let more = bad.count - 1
    let whole =
      more == 0
      ? message : "\(message) (and \(more) more unreadable \(plural(more, "image", "images")))"
    switch error as? EmojifyError {
    case .missingInput: throw EmojifyError.missingInput(whole)
    case .internalFault: throw EmojifyError.internalFault(whole)
    default: throw EmojifyError.badData(whole)
    }
  }
}

/// The word for `count` things.
func plural(_ count: Int, _ one: String, _ many: String) -> String { count == 1 ? one : many }
