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
    "EmojifyCLI/Terminal": [],
    "EmojifyCLI/Arguments": ["EmojifyCLI/Terminal", "FERCore/Tensor"],
    "EmojifyCLI/Vision": core,
    "EmojifyCLI/Web": core.union(["EmojifyCLI/Vision", "EmojifyCLI/Terminal"]),
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
    "EmojifyCLI/Terminal", "EmojifyCLI/Arguments", "EmojifyCLI/Vision", "EmojifyCLI/Web",
    "EmojifyCLI/Commands",
  ]

  /// A system module, and the only places that may import it.
  static let imports: [String: [String]] = [
    "CHDF5": ["FERCore/Storage/HDF5File.swift"],
    "COpenCV": ["EmojifyCLI/Vision/"],
    "CMicroHTTPD": ["EmojifyCLI/Web/"],
    "CCPU": ["FERCore/Kernels/", "EmojifyCLI/Emojify.swift"],
  ]

  @Test func everyRoomIsInTheTable() throws {
    let rooms = Set(try SourceFile.all().map(\.room))
    #expect(rooms.subtracting(Self.mayUse.keys).sorted() == [])
  }

  @Test func noRoomMentionsATypeOfARoomItMayNotUse() throws {
    let files = try SourceFile.all()
    var roomsOfType: [String: Set<String>] = [:]
    for file in files {
      for type in file.declaredTypes { roomsOfType[type, default: []].insert(file.room) }
    }
    let ownNames = Dictionary(grouping: files, by: \.room).mapValues { files in
      Set(files.flatMap(\.nestedTypes))
    }
    for file in files {
      let allowed = Self.mayUse[file.room, default: []].union([file.room])
      for word in file.words.subtracting(ownNames[file.room, default: []]) {
        guard let rooms = roomsOfType[word], rooms.isDisjoint(with: allowed) else { continue }
        Issue.record("\(file.path) uses \(word), which belongs to \(rooms.sorted())")
      }
    }
  }

  @Test func systemModulesHaveOneImporterEach() throws {
    for file in try SourceFile.all() {
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
    for file in try SourceFile.all() where file.room.hasPrefix("FERCore") {
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

  var words: Set<String> {
    Set(code.matches(of: /\b[A-Z]\w+/).map { String($0.0) })
  }

  var imports: Set<String> {
    let statement = /^\s*(?:@\w+\s+)*import\s+(\w+)/.anchorsMatchLineEndings()
    return Set(code.matches(of: statement).map { String($0.1) })
  }

  static func all() throws -> [SourceFile] {
    let sources = Binary.root.appendingPathComponent("Sources")
    let names = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let text = try String(contentsOf: sources.appendingPathComponent(name), encoding: .utf8)
      return SourceFile(path: name, code: withoutCommentsAndStrings(text))
    }
  }

  private static func withoutCommentsAndStrings(_ text: String) -> String {
    text
      .replacing(/"""[\s\S]*?"""/, with: "\"\"")
      .replacing(/"(?:[^"\\\n]|\\.)*"/, with: "\"\"")
      .replacing(/\/\*[\s\S]*?\*\//, with: "")
      .replacing(/\/\/[^\n]*/, with: "")
  }
}
