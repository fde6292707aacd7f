import Foundation
import Testing

/// Folders are not modules, so the compiler does not hold the table "who may call whom" of docs/ARCHITECTURE.md.
/// These tests read Sources/ and do.
@Suite struct ArchitectureTests {
  /// What each room may mention besides itself.
  static let mayUse: [String: Set<String>] = [
    "FERCore/Tensor": [],
    "FERCore/Kernels": ["FERCore/Tensor"],
    "FERCore/Layers": ["FERCore/Kernels", "FERCore/Tensor"],
    "FERCore/Losses": ["FERCore/Kernels", "FERCore/Tensor"],
    "FERCore/Optimizers": ["FERCore/Kernels", "FERCore/Tensor"],
    "FERCore/Network": network,
    "FERCore/Architectures": ["FERCore/Network", "FERCore/Layers", "FERCore/Tensor"],
    "FERCore/Data": ["FERCore/Tensor"],
    "FERCore/Storage": network.union(["FERCore/Network", "FERCore/Architectures"]),
    "FERCore/Training": everything,
    "FERCore/Evaluation": everything.subtracting(["FERCore/Training"]),
    "EmojifyCLI/Terminal": ["FERCore/Tensor"],
    "EmojifyCLI/Arguments": ["EmojifyCLI/Terminal", "FERCore/Tensor"],
    "EmojifyCLI/Charts": core.union(["EmojifyCLI/Terminal"]),
    "EmojifyCLI/Vision": core,
    "EmojifyCLI/Faces": core.union(["EmojifyCLI/Vision", "EmojifyCLI/Terminal"]),
    "EmojifyCLI/Web": core.union([
      "EmojifyCLI/Faces", "EmojifyCLI/Vision", "EmojifyCLI/Terminal", "EmojifyCLI/Arguments",
    ]),
    "EmojifyCLI/Commands": core.union(cli),
    "EmojifyCLI": core.union(cli),
  ]

  private static let network: Set = [
    "FERCore/Layers", "FERCore/Losses", "FERCore/Optimizers", "FERCore/Kernels", "FERCore/Tensor",
  ]
  private static let everything = network.union([
    "FERCore/Network", "FERCore/Architectures", "FERCore/Data", "FERCore/Storage",
    "FERCore/Evaluation",
  ])
  private static let core = everything.union(["FERCore/Training"])
  private static let cli: Set = [
    "EmojifyCLI/Terminal", "EmojifyCLI/Arguments", "EmojifyCLI/Charts", "EmojifyCLI/Vision",
    "EmojifyCLI/Faces", "EmojifyCLI/Web", "EmojifyCLI/Commands",
  ]

  /// Words that every room may use: what the classes are called, and how a file is written.
  static let vocabulary: Set = ["Emotion", "AtomicFile"]

  /// A system module, and the only places that may import it.
  static let imports: [String: [String]] = [
    "CHDF5": ["FERCore/Storage/HDF5File.swift"],
    "COpenCV": ["EmojifyCLI/Vision/"],
    "CMicroHTTPD": ["EmojifyCLI/Web/"],
    "CThreads": ["FERCore/Kernels/"],
    "CCPU": ["FERCore/Kernels/", "EmojifyCLI/Emojify.swift"],
  ]

  @Test func everyRoomIsInTheTable() throws {
    let rooms = Set(try SourceFile.all.get().map(\.room))
    #expect(rooms.subtracting(Self.mayUse.keys).sorted() == [])
  }

  @Test func noRoomMentionsATypeOfARoomItMayNotUse() throws {
    let files = try SourceFile.all.get()
    var roomsOfType: [String: Set<String>] = [:]
    for file in files {
      for type in file.declaredTypes { roomsOfType[type, default: []].insert(file.room) }
    }
    let ownNames = Dictionary(grouping: files, by: \.room).mapValues { files in
      Set(files.flatMap(\.nestedTypes))
    }
    for file in files {
      let allowed = Self.mayUse[file.room, default: []].union([file.room])
      let known = Self.vocabulary.union(ownNames[file.room, default: []])
      for word in file.words.subtracting(known) {
        guard let rooms = roomsOfType[word], rooms.isDisjoint(with: allowed) else { continue }
        Issue.record("\(file.path) uses \(word), which belongs to \(rooms.sorted())")
      }
    }
  }

  @Test func systemModulesHaveOneImporterEach() throws {
    for file in try SourceFile.all.get() {
      for (module, places) in Self.imports where file.imports.contains(module) {
        let isAllowed = places.contains { file.path.hasPrefix($0) }
        #expect(isAllowed, "\(file.path) imports \(module)")
      }
      if file.room.hasPrefix("FERCore") {
        #expect(!file.imports.contains("EmojifyCLI"), "\(file.path)")
      }
    }
  }

  /// The library neither speaks, nor ends the process, nor draws from a generator it was not handed.
  @Test(arguments: [
    "SystemRandomNumberGenerator", "fatalError(", "try!", "print(", ".random(in:", ".shuffled()",
    "exit(",
  ])
  func theLibraryNeverSays(phrase: String) throws {
    for file in try SourceFile.all.get() where file.room.hasPrefix("FERCore") {
      for found in file.code.ranges(of: phrase) {
        let before = file.code[..<found.lowerBound].last
        let isPartOfAName = before.map { $0.isLetter || $0 == "_" } ?? false
        #expect(isPartOfAName, "\(file.path) says \(phrase)")
      }
    }
  }
}

/// One Swift file of Sources/, without its comments and strings.
private struct SourceFile {
  /// `FERCore/Data/CSVReader.swift`
  let path: String
  let code: String

  /// `FERCore/Data`; for files beside the folders the target's name.
  var room: String { path.split(separator: "/").dropLast().prefix(2).joined(separator: "/") }

  /// Types at the file's top level that other files can name.
  var declaredTypes: [String] {
    let declaration =
      /^(?:(?:public|final|indirect|@\w+|@unchecked)\s+)*(?:class|struct|enum|protocol|actor|typealias)\s+(\w+)/
      .anchorsMatchLineEndings()
    return code.matches(of: declaration).map { String($0.1) }
  }

  /// Every name the file declares as a type, whatever its level: these shadow other rooms' names.
  var nestedTypes: [String] {
    let declaration = /\b(?:class|struct|enum|protocol|actor|typealias|associatedtype)\s+(\w+)/
    return code.matches(of: declaration).map { String($0.1) }
  }

  /// Names that begin like a type's.
  let words: Set<String>

  var imports: Set<String> {
    let statement = /^\s*(?:@\w+\s+)*import\s+(\w+)/.anchorsMatchLineEndings()
    return Set(code.matches(of: statement).map { String($0.1) })
  }

  /// Read once for all tests.
  static let all = Result { try readAll() }

  private static func readAll() throws -> [SourceFile] {
    let sources = Binary.root.appendingPathComponent("Sources")
    let names = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let text = try String(contentsOf: sources.appendingPathComponent(name), encoding: .utf8)
      let code = withoutCommentsAndStrings(text)
      return SourceFile(path: name, code: code, words: typeNames(code))
    }
  }

  private static func typeNames(_ code: String) -> Set<String> {
    let words = code.utf8.split { byte in
      let character = Character(UnicodeScalar(byte))
      return !character.isLetter && !character.isNumber && character != "_"
    }
    return Set(words.filter { (65...90).contains($0.first ?? 0) }.compactMap(String.init))
  }

  private static func withoutCommentsAndStrings(_ text: String) -> String {
    text
      .replacing(/"""[\s\S]*?"""/, with: "\"\"")
      .replacing(/"(?:[^"\\\n]|\\.)*"/, with: "\"\"")
      .replacing(/\/\*[\s\S]*?\*\//, with: "")
      .replacing(/\/\/[^\n]*/, with: "")
  }
}
