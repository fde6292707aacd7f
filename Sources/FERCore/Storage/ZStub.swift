import Foundation
public struct ModelFile { public let network: Network; public let classNames: [String]
 public static func load(_ u: URL) throws -> ModelFile { throw EmojifyError.internalFault("") } }
