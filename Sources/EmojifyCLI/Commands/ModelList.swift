import FERCore

/// `emojify model list`: the named architectures and what they cost.
struct ModelList: Command {
  static let name = "model list"
  static let summary = "List the architectures that train can build."
  static let examples = [
    Example("emojify model list", "Names, sizes and what each is for."),
    Example("emojify model list --json", "The same for programs."),
  ]
  static var options: [Option<Self>] {
    [
      .flag("--json", \.json, "Write the list as JSON."),
      .flag("--csv", \.csv, "Write the list as CSV."),
    ]
  }

  var common = CommonOptions()
  var json = false
  var csv = false

  mutating func validate() throws { try atMostOne(of: "--json", "--csv") }

  private struct Row: Encodable {
    let name: String
    let parameters: Int
    let multiplyAdds: Int
    let summary: String

    enum CodingKeys: String, CodingKey {
      case name, parameters, summary
      case multiplyAdds = "multiply_adds"
    }
  }

  func run(_ terminal: Terminal) throws {
    let rows = try Architecture.all.map { architecture in
      let network = try architecture.network(seed: 0)
      let (trainable, other) = network.parameterCount
      return Row(
        name: architecture.name, parameters: trainable + other,
        multiplyAdds: network.multiplyAdds, summary: architecture.summary)
    }
    if json { return try JSONOutput.write(rows) }
    if csv {
      return CSVOutput.write(
        header: ["name", "parameters", "multiply_adds", "summary"],
        rows: rows.map { [$0.name, "\($0.parameters)", "\($0.multiplyAdds)", $0.summary] })
    }
    var table = Table(
      [.left, .right, .right, .left], header: ["name", "parameters", "MACs an image", ""])
    for row in rows {
      table.row([
        row.name, NumberText.grouped(row.parameters), NumberText.grouped(row.multiplyAdds),
        row.summary,
      ])
    }
    print(table.text)
  }
}
