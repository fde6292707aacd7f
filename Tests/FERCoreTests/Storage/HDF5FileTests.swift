import Foundation
import Testing

@testable import FERCore

/// Reading is held against files h5py wrote (Fixtures/make_hdf5_fixtures.py), writing against reading.
@Suite struct HDF5FileTests {
  private func kinds() throws -> HDF5File {
    try HDF5File(reading: PackageFolder.fixture("kinds.h5"))
  }

  @Test(arguments: [
    "littlef2", "littlef4", "littlef8", "bigf4", "bigf8", "littlei4", "bigi2", "i1",
  ])
  func everyNumberTypeReadsAsFloat(name: String) throws {
    let tensor = try kinds().readFloats(name)
    #expect(tensor.shape == [2, 3])
    let half: Float = name.contains("f") ? 0.5 : 0
    #expect(tensor.elements == [half, -2, 3, 100, 0, 7])
  }

  @Test func oddShapesRead() throws {
    let file = try kinds()
    #expect(try file.readBytes("u1") == [0, 7, 255])
    #expect(try file.readIntegers("littlei4") == [0, -2, 3, 100, 0, 7])
    #expect(try file.readFloats("scalar").shape == [])
    #expect(try file.readFloats("scalar").elements == [2.5])
    #expect(try file.readFloats("empty").shape == [0, 3])
    #expect(try file.readFloats("null").shape.count == 0)
    #expect(try file.readFloats("gzip").elements == (0..<1000).map(Float.init))
  }

  @Test func linksAreListedInOrderOfCreation() throws {
    let file = try kinds()
    let links = try file.links()
    #expect(links.first == HDF5File.Link(name: "littlef2", kind: .dataset))
    #expect(links.suffix(4).map(\.name) == ["b", "a", "soft", "dangling"])
    #expect(links.suffix(4).map(\.kind) == [.group, .group, .group, .other])
    #expect(try file.links(in: "b") == [HDF5File.Link(name: "deep", kind: .group)])
    #expect(try file.kind(of: "b/deep/er") == .group)
    #expect(try file.kind(of: "/soft/er") == .group)
    #expect(try file.kind(of: "no/such/path") == nil)
    #expect(try file.kind(of: "dangling") == nil)
    #expect(try file.kind(of: "littlef4") == .dataset)
  }

  @Test func attributesOfEveryStorageRead() throws {
    let file = try kinds()
    #expect(try file.string("vlen_utf8", of: "a") == "smile é 😄")
    #expect(try file.string("vlen_ascii", of: "a") == "plain")
    #expect(try file.string("fixed_null_padded", of: "a") == "padded")
    #expect(try file.string("absent", of: "a") == nil)
    #expect(try file.string("absent", of: "absent") == nil)
    #expect(try file.strings("vlen_array", of: "a") == ["one", "", "three"])
    #expect(try file.strings("fixed_array", of: "a") == ["conv2d_1", "dense", ""])
    #expect(try file.strings("null_terminated", of: "a") == ["ab", "cde"])
    #expect(try file.strings("spaces", of: "a") == ["ab", "cde"])
    #expect(try file.strings("empty_float", of: "a") == [])
    #expect(try file.strings("null", of: "a") == [])
    #expect(try file.strings("layer_names", of: "b")?.count == 200)
    #expect(try file.numbers("half", of: "a") == [0.5])
    #expect(try file.numbers("numbers", of: "a") == [1.5, 2.5])
    #expect(try file.integers("integer", of: "a") == [42])
    #expect(try file.integers("flag", of: "a") == [1])
    #expect(try file.integers("absent", of: "a") == nil)
  }

  @Test func whatIsAskedForMustBeThere() throws {
    let name = PackageFolder.fixture("kinds.h5").path
    #expect(throws: EmojifyError.badData("\(name): 'a/b' is not in the file")) {
      try kinds().readFloats("a/b")
    }
    #expect(throws: EmojifyError.badData("\(name): 'words': does not hold numbers")) {
      try kinds().readFloats("words")
    }
    #expect(throws: EmojifyError.badData("\(name): 'a': is no dataset")) {
      try kinds().readFloats("a")
    }
    #expect(
      throws: EmojifyError.badData("\(name): attribute 'integer' of 'a': does not hold strings")
    ) {
      try kinds().strings("integer", of: "a")
    }
  }

  /// Each of these declares more than the file holds, or reaches out of it; none may be believed.
  @Test(arguments: [
    ("unwritten", "2 GiB"), ("chunked", "2 GiB"), ("overflow", "2 GiB"),
    ("sparse", "declares 500000000 bytes in a file of 13044"), ("external", "another file"),
    ("virtual", "another file"), ("link", "not in the file"), ("beyond", "declares 16728064 bytes"),
  ])
  func hostileDatasetsAreRefused(name: String, reason: String) throws {
    let file = try HDF5File(reading: PackageFolder.fixture("hostile.h5"))
    let error = #expect(throws: EmojifyError.self) { _ = try file.readFloats(name) }
    #expect(error?.exitCode == 65)
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  /// libhdf5 narrows them, we widen them.
  @Test func everyNumberOfSixteenBitsIsReadAsItIs() throws {
    let all = (0..<1 << 16).filter { $0 >> 10 & 31 < 31 || $0 & 1023 == 0 }.map { bits -> Float in
      let (exponent, fraction) = (bits >> 10 & 31, Double(bits & 1023))
      let size =
        exponent == 31
        ? .infinity
        : exponent == 0
          ? fraction * 0x1p-24 : (1 + fraction / 1024) * pow(2, Double(exponent - 15))
      return Float(bits < 1 << 15 ? size : -size)
    }
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("halves.h5")
      try HDF5File.write(to: url) { file in
        try file.write(Tensor([all.count], all), to: "all", as: .float16)
        try file.write(Tensor([1], [.nan]), to: "nan", as: .float16)
      }
      let file = try HDF5File(reading: url)
      #expect(try file.readFloats("all").elements.map(\.bitPattern) == all.map(\.bitPattern))
      #expect(try file.readFloats("nan").elements[0].isNaN)
    }
  }

  @Test func writtenFilesReadBack() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("written.h5")
      let odd = Tensor([2, 2], [.nan, -0.0, .infinity, .leastNonzeroMagnitude])
      let names = (0..<2000).map { "layer_\($0)_" + String(repeating: "é", count: 25) }
      let long = String(repeating: "0123456789", count: 20_000)
      try HDF5File.write(to: url) { file in
        try file.makeGroup("one/two")
        try file.makeGroup("one/two")
        try file.write(odd, to: "one/two/deep/odd")
        try file.write(Tensor([3], [0.5, 1e-4, 70000]), to: "half", as: .float16)
        try file.write([Int32.min, 7], shape: [2], to: "int32")
        try file.write([Int64.max, 7], shape: [1, 2], to: "int64")
        try file.write([UInt8(0), 255], shape: [2], to: "bytes")
        try file.write(Tensor([0, 3]), to: "empty")
        try file.setString(long, "long")
        try file.setString("", "text", of: "one")
        try file.setString("second 😄", "text", of: "one")
        try file.setStrings(["a", "bcd", ""], "few", of: "one/two")
        try file.setStrings([], "none", of: "one/two")
        try file.setStrings(names, "layer_names", of: "one")
        try file.setNumbers([1.5, -2], "numbers")
        try file.setNumber(0.25, "number")
        try file.setInteger(.min, "integer")
      }
      let file = try HDF5File(reading: url)
      #expect(
        try file.readFloats("one/two/deep/odd").elements.map(\.bitPattern)
          == odd.elements.map(\.bitPattern))
      let half = try file.readFloats("half").elements
      #expect(half == [0.5, 0x1.a38p-14, .infinity], "\(half)")
      #expect(try file.readIntegers("int32") == [Int64(Int32.min), 7])
      #expect(try file.readIntegers("int64") == [Int64.max, 7])
      #expect(try file.shape(of: "int64") == [1, 2])
      #expect(try file.readBytes("bytes") == [0, 255])
      #expect(try file.shape(of: "empty") == [0, 3])
      #expect(try file.string("long") == long)
      #expect(try file.string("text", of: "one") == "second 😄")
      #expect(try file.strings("few", of: "one/two") == ["a", "bcd", ""])
      #expect(try file.strings("none", of: "one/two") == [])
      #expect(try file.strings("layer_names", of: "one") == names)
      #expect(try file.numbers("layer_names", of: "one") == nil, "cut in pieces")
      #expect(try file.numbers("numbers") == [1.5, -2])
      #expect(try file.numbers("number") == [0.25])
      #expect(try file.integers("integer") == [.min])
    }
  }

  @Test func theSameContentIsTheSameFileAndAFailureLeavesTheOldOne() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.h5")
      let fill: (borrowing HDF5File) throws -> Void = { file in
        try file.write(Tensor([2], [1, 2]), to: "group/data")
        try file.setString("text", "attribute", of: "group")
      }
      try HDF5File.write(to: url, fill)
      let first = try Data(contentsOf: url)
      Thread.sleep(forTimeInterval: 1.1)  // HDF5 keeps times by the second
      try HDF5File.write(to: url, fill)
      #expect(try Data(contentsOf: url) == first)
      #expect(throws: EmojifyError.badData("no")) {
        try HDF5File.write(to: url) { file in
          try file.write([UInt8(1)], shape: [1], to: "other")
          throw EmojifyError.badData("no")
        }
      }
      #expect(try Data(contentsOf: url) == first)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.h5"])
    }
  }

  @Test func filesThatAreSomethingElseAreNamed() throws {
    try withTemporaryFolder { folder in
      let page = "<!DOCTYPE html>\n<html>"
      let cases: [(bytes: [UInt8], says: String)] = [
        ([], "it is empty"),
        (Array(page.utf8), "begins with '<!DOCTYPE html>': a web page"),
        (Array("emotion,pixels\n0,1".utf8), "begins with 'emotion,pixels'"),
        (Array("version https://git-lfs.github.com/spec/v1".utf8), "a Git LFS pointer"),
        ([0x50, 0x4B, 3, 4, 0, 0], "a zip archive"),
        ([0xEF, 0xBF, 0xBD] + Array("HDF\r\n".utf8), "mangled"),
        ([0x80, 0x04, 0x95], "begins with the bytes 80 04 95"),
      ]
      for (bytes, says) in cases {
        let url = folder.appendingPathComponent("model.h5")
        try Data(bytes).write(to: url)
        let error = #expect(throws: EmojifyError.self) { _ = try HDF5File(reading: url) }
        #expect(error?.description.hasPrefix("\(url.path): not an HDF5 file: ") == true)
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
        #expect(error?.exitCode == 65)
      }
      let missing = folder.appendingPathComponent("none.h5")
      #expect(throws: EmojifyError.missingInput("\(missing.path): no such file")) {
        _ = try HDF5File(reading: missing)
      }
      #expect(throws: EmojifyError.self) { _ = try HDF5File(reading: folder) }
    }
  }

  @Test func everyTruncationIsAnError() throws {
    try withTemporaryFolder { folder in
      let whole = try Data(contentsOf: PackageFolder.fixture("kinds.h5"))
      for length in stride(from: 100, to: whole.count, by: 997) {
        let url = folder.appendingPathComponent("cut.h5")
        try whole.prefix(length).write(to: url)
        let error = #expect(throws: EmojifyError.self) { _ = try HDF5File(reading: url) }
        #expect(
          error?.description.contains("truncated file: ") == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func threadsTakeTurns() throws {
    let url = PackageFolder.fixture("kinds.h5")
    DispatchQueue.concurrentPerform(iterations: 64) { _ in
      let file = try? HDF5File(reading: url)
      switch consume file {
      case .some(let file):
        #expect((try? file.readFloats("gzip"))?.shape == [1000])
        #expect((try? file.string("vlen_ascii", of: "a")) == "plain")
      case .none: Issue.record("cannot open")
      }
    }
  }
}
