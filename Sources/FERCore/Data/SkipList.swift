import Foundation

/// A list of images to leave out of training, as a text file that people can read and edit:
///
///     # emojify skip list
///     # data 1f0c94e2a6b3d857, 32298 images
///     2549<tab># blank
///     train/happy/Training_00012.png<tab># copy of train/happy/Training_00007.png
///
/// An image is a line of the table or a path below the folder, as `FaceDataset.reference(of:)` says;
/// what follows a tab and `#` is a remark, as are lines that begin with `#`. The second line says what
/// data the list is for: it is refused for any other.
public struct SkipList: Sendable {
  public struct Entry: Sendable, Equatable {
    public let reference: String
    /// Why, for people.
    public let reason: String
  }

  public let entries: [Entry]
  /// `FaceDataset.fingerprint` of the data the references belong to.
  public let fingerprint: String
  /// How many images that data has.
  public let imageCount: Int
  /// The file as messages name it, and the line of each entry in it.
  private let name: String
  private let lines: [Int]

  private static let title = "# emojify skip list"

  /// A list of the images `skipped` names. Traps for images that came from nowhere.
  public init(_ skipped: [SkippedImage], of dataset: FaceDataset) {
    entries = skipped.map { image in
      guard let reference = dataset.reference(of: image.index) else {
        preconditionFailure("image \(image.index) came from no file")
      }
      return Entry(reference: reference, reason: image.reason)
    }
    fingerprint = dataset.fingerprint
    imageCount = dataset.count
    name = "skip list"
    lines = entries.indices.map { $0 + 3 }
  }

  /// Throws `EmojifyError.missingInput` where the file cannot be read, `.badData` where it is no skip list.
  public init(reading url: URL) throws {
    name = url.relativePath
    let file = try MappedFile(url)
    // A list of a million images has some 50 MB; what is far larger is something else.
    guard file.bytes.count < 256 << 20, !file.bytes.contains(0),
      let text = String(validating: file.bytes, as: UTF8.self)
    else { throw EmojifyError.badData("\(name): is not a skip list: it is not a text") }
    // Swift counts a Windows line end as one character.
    let all = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    guard all.count >= 2, all[0] == Self.title else {
      throw EmojifyError.badData(
        "\(name):1: is not a skip list, which begins with '\(Self.title)'; 'emojify dataset clean' makes one"
      )
    }
    guard let match = all[1].wholeMatch(of: /# data ([0-9a-f]{16}), ([0-9]{1,12}) images?/),
      let count = Int(match.2)
    else {
      throw EmojifyError.badData(
        "\(name):2: does not say which data the list is for, expected '# data FINGERPRINT, COUNT images'"
      )
    }
    fingerprint = String(match.1)
    imageCount = count
    var entries: [Entry] = []
    var lines: [Int] = []
    for (index, line) in all.enumerated().dropFirst(2) where !line.hasPrefix("#") {
      let parts = line.split(separator: "\t#", maxSplits: 1, omittingEmptySubsequences: false)
      let reference = parts[0].trimmed
      if reference.isEmpty { continue }
      entries.append(
        Entry(reference: reference, reason: parts.count == 2 ? parts[1].trimmed : ""))
      lines.append(index + 1)
    }
    self.entries = entries
    self.lines = lines
  }

  /// The images of `dataset` that the list names, ascending, each once.
  ///
  /// `source` is what messages call the data. Throws `EmojifyError.badData` where the list was made for other
  /// data, or names an image that is not there.
  public func indices(in dataset: FaceDataset, source: String) throws -> [Int] {
    guard dataset.count == imageCount, dataset.fingerprint == fingerprint else {
      throw EmojifyError.badData(
        "\(name): was made for other data: \(imageCount) images with the fingerprint \(fingerprint), "
          + "\(source) has \(dataset.count) with \(dataset.fingerprint)")
    }
    var places: [String: Int] = [:]
    for index in 0..<dataset.count { places[dataset.reference(of: index) ?? ""] = index }
    var found: Set<Int> = []
    for (entry, line) in zip(entries, lines) {
      guard let index = places[entry.reference] else {
        throw EmojifyError.badData(
          "\(name):\(line): names '\(entry.reference)', which is no image of \(source)")
      }
      found.insert(index)
    }
    return found.sorted()
  }

  /// Writes the list, atomically. Throws `EmojifyError.badData` where a path cannot stand on a line, and what
  /// `AtomicFile` throws.
  public func write(to url: URL) throws {
    var text = "\(Self.title)\n# data \(fingerprint), \(imageCount) images\n"
    for entry in entries {
      let isPlain = !entry.reference.unicodeScalars.contains { $0.value < 32 }
      guard isPlain, !entry.reference.hasPrefix("#"),
        entry.reference == entry.reference[...].trimmed
      else {
        throw EmojifyError.badData(
          "'\(entry.reference)': such a name cannot stand in a list; rename the file")
      }
      // A remark may quote any file's name.
      let reason = String(
        String.UnicodeScalarView(entry.reason.unicodeScalars.map { $0.value < 32 ? " " : $0 }))
      text += entry.reference + (reason.isEmpty ? "\n" : "\t# \(reason)\n")
    }
    try AtomicFile.write(Data(text.utf8), to: url)
  }
}

extension Substring {
  /// Without blanks at its ends.
  fileprivate var trimmed: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
