import Foundation

/// A file's bytes, mapped into memory for reading: the kernel brings in what is touched, so a file
/// of any size costs no memory of its own.
struct MappedFile: ~Copyable {
  let bytes: UnsafeRawBufferPointer

  /// Throws `EmojifyError.missingInput` where there is no such regular file or it cannot be opened.
  init(_ url: URL) throws {
    let name = url.relativePath
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw EmojifyError.missingInput("\(name): cannot read: \(Self.reason())")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw EmojifyError.missingInput("\(name): cannot read: \(Self.reason())")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
      throw EmojifyError.missingInput("\(name): is \(kind), expected a file")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED
    else { throw EmojifyError.missingInput("\(name): cannot read: \(Self.reason())") }
    madvise(base, count, Int32(MADV_WILLNEED))
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  deinit {
    if let base = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  /// Gives back the memory behind whole pages of `part`: it comes again from the file when touched. A
  /// big file's text is not needed twice at a time.
  static func release(_ part: UnsafeRawBufferPointer) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = (UInt(bitPattern: part.baseAddress) + UInt(page - 1)) & ~UInt(page - 1)
    let end = (UInt(bitPattern: part.baseAddress) + UInt(part.count)) & ~UInt(page - 1)
    guard end > start else { return }
    madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), Int32(MADV_DONTNEED))
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
