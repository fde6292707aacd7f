import Foundation
import Testing

/// The built `emojify`, run as a user runs it.
enum Binary {
  /// What one run left: whole output and exit code.
  struct Run {
    let output: String
    let errors: String
    let exitCode: Int32

    /// The output as JSON: `[String: Any]`, `[[String: Any]]`.
    func json<Value>(_ type: Value.Type = [String: Any].self) throws -> Value {
      try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? Value)
    }
  }

  /// `emojify`.
  static let path = path(of: "emojify")

  /// The package's programs lie beside the test bundle in the build folder.
  static func path(of program: String) -> String {
    let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
    return URL(fileURLWithPath: bundle ?? CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent(program).path
  }

  /// The package's root folder.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @discardableResult
  static func run(
    _ arguments: String..., in folder: URL? = nil, environment: [String: String] = [:],
    input: FileHandle? = nil
  ) throws -> Run {
    try run(arguments, in: folder, environment: environment, input: input)
  }

  /// A run that goes on by itself, its output thrown away.
  static func start(_ arguments: [String], in folder: URL) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// `output` takes the place of the captured stdout.
  static func run(
    _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:],
    input: FileHandle? = nil, output target: FileHandle? = nil, program: String = path
  ) throws -> Run {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    var variables = ProcessInfo.processInfo.environment
    variables["EMOJIFY_MODEL"] = nil
    process.environment = variables.merging(environment) { $1 }
    // Files, not pipes: a run that writes much to both cannot block.
    return try withTemporaryFolder { streams in
      let output = streams.appendingPathComponent("output")
      let errors = streams.appendingPathComponent("errors")
      for file in [output, errors] {
        try Data().write(to: file)
      }
      process.standardInput = input ?? FileHandle.nullDevice
      process.standardOutput = try target ?? FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      try process.run()
      process.waitUntilExit()
      return Run(
        output: try String(contentsOf: output, encoding: .utf8),
        errors: try String(contentsOf: errors, encoding: .utf8),
        exitCode: process.terminationStatus)
    }
  }
}
