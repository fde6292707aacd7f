import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// Damaged model files. libhdf5 itself fails on some of them: that must stay in the process that reads.
extension FuzzTests {
  /// Each file is opened twice, with 0.7 s of the CPU each time at most (CHDF5); others may want the CPU too.
  private static let longestSeconds = 10.0

  private struct Counts {
    var loaded = 0
    var refused = 0
    /// By what the reading process ended of.
    var contained: [String: Int] = [:]

    var total: Int { contained.values.reduce(0, +) }

    mutating func add(_ error: any Error) {
      let text = "\(error)"
      let marks = ["failed on this damaged file (", "comes to no end", "does not answer"]
      guard let mark = marks.compactMap({ text.range(of: $0) }).first else { return refused += 1 }
      contained[String(text[mark.lowerBound...]), default: 0] += 1
    }
  }

  private static func corpus() throws -> [ModelMutator.Original] {
    let names = [
      "keras3_functional", "keras3_separable", "keras3_sequential", "saved_graph", "hostile",
      "kinds",
      "tf_keras_functional", "tf_keras_separable", "tf_keras_sequential",
    ]
    var files = names.map { PackageFolder.fixture("\($0).h5") }
    // Other people's, where they are at hand: no larger than what can be written thousands of times.
    if seconds != nil, let folder = PackageFolder.shared("keras-models") {
      files += try FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: [.fileSizeKey]
      ).filter { file in
        let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        return ["h5", "hdf5"].contains(file.pathExtension) && size < 1 << 20
      }.sorted { $0.path < $1.path }
    }
    return try files.map { try ModelMutator.Original($0) }
  }

  @Test func damagedModels() throws {
    let corpus = try Self.corpus()
    var counts = Counts()
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("fuzz.h5")
      try run("models", tries: 120, limit: Self.longestSeconds) { seed in
        let original = corpus[Int(seed % UInt64(corpus.count))]
        var mutator = ModelMutator(seed: seed)
        try Data(mutator.mutate(original, among: corpus)).write(to: file)
        do {
          let (network, _) = try KerasFormat.read(file)
          #expect(network.classCount > 0, "seed \(seed)")
          counts.loaded += 1
        } catch {
          check(error, names: "fuzz.h5", limit: 2000, seed: seed)
          counts.add(error)
        }
        // Everything there is, not only what a model needs.
        do {
          try Self.walk(file)
        } catch {
          check(error, names: "fuzz.h5", limit: 2000, seed: seed)
          counts.add(error)
        }
      }
    }
    guard Self.seconds != nil else { return }
    print("fuzz: models: \(counts.loaded) load, libhdf5 failed \(counts.total) times:")
    for (end, count) in counts.contained.sorted(by: { $0.value > $1.value }) {
      print("fuzz: models: \(count) times it \(end)")
    }
    print(
      "fuzz: models: peak memory \(Self.peak(__rusage_who_t(RUSAGE_SELF.rawValue))) MB, a reading process's \(Self.peak(__rusage_who_t(RUSAGE_CHILDREN.rawValue))) MB"
    )
  }

  /// Configurations of any text in a file that is whole: what only this reader sees.
  @Test func damagedConfigurations() throws {
    let corpus = try ["keras3_functional", "tf_keras_sequential", "saved_graph"].map { name in
      let file = try HDF5File(reading: PackageFolder.fixture("\(name).h5"))
      return Array(try #require(try file.string("model_config")).utf8)
    }
    let network = try KerasFormat.read(PackageFolder.fixture("saved_graph.h5")).network
    var loaded = 0
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("fuzz.h5")
      try run("configurations", tries: 120, limit: Self.longestSeconds) { seed in
        var mutator = Mutator(seed: seed, tokens: ModelMutator.textTokens)
        let bytes = mutator.mutate(corpus[Int(seed % UInt64(corpus.count))], among: corpus)
        let text = String(decoding: bytes, as: UTF8.self).replacing("\0", with: " ")
        try HDF5File.write(to: file) {
          try KerasFormat.write(network, metadata: ModelMetadata(), to: $0)
          try $0.setString(text, "model_config")
        }
        do {
          _ = try KerasFormat.read(file)
          loaded += 1
        } catch {
          check(error, names: "fuzz.h5", limit: 2000, seed: seed)
        }
      }
    }
    if Self.seconds != nil { print("fuzz: configurations: \(loaded) load") }
  }

  /// Lists and reads what is in a file; groups that hold themselves are followed for some steps only.
  private static func walk(_ url: URL) throws {
    let file = try HDF5File(reading: url)
    var waiting = ["."]
    var steps = 0
    while let group = waiting.popLast(), steps < 60 {
      for link in try file.links(in: group) {
        steps += 1
        let path = group == "." ? link.name : "\(group)/\(link.name)"
        switch link.kind {
        case .group:
          waiting.append(path)
          for name in ["layer_names", "weight_names"] {
            do { _ = try file.strings(name, of: path) } catch EmojifyError.badData(let text) {
              try rethrowEnd(text)
            }
          }
        case .dataset:
          do {
            if try file.shape(of: path).count < 1 << 20 { _ = try file.readFloats(path) }
          } catch EmojifyError.badData(let text) { try rethrowEnd(text) }
        case .other: break
        }
      }
    }
  }

  /// What is wrong with one object says nothing of the others, but the reading process's end does.
  private static func rethrowEnd(_ text: String) throws {
    if text.contains("the HDF5 library") { throw EmojifyError.badData(text) }
  }

  private static func peak(_ who: __rusage_who_t) -> Int {
    var usage = rusage()
    getrusage(who, &usage)
    return usage.ru_maxrss / 1000
  }
}
