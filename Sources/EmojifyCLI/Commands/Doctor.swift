import FERCore
import Foundation

/// `emojify doctor`: whether all that emojify needs is there, and what to do where it is not.
struct Doctor: Command {
  static let name = "doctor"
  static let summary = "Check CPU, libraries, face detector, model and emoji; say what to install."
  static let examples = [
    Example("emojify doctor", "One line for each thing that was tried."),
    Example("emojify doctor --json --quiet && emojify predict album/", "In a script."),
  ]
  static let discussion = """
    Everything is really tried: pictures are written and read again, the detector searches a drawn face, the network is \
    asked about it. The exit code is 0 where nothing is missing (warnings do not count), else 66.
    """
  static var options: [Option<Self>] {
    [.flag("--json", \.json, "Write the findings as JSON.")]
  }

  var common = CommonOptions()
  var json = false

  func run(_ terminal: Terminal) throws {
    let findings = DoctorChecks.all(terminal)
    if json {
      try JSONOutput.write(findings)
    } else {
      let width = findings.map(\.name.count).max() ?? 0
      for finding in findings {
        let mark = terminal.styled(
          finding.status.rawValue.padded(to: 7), finding.status.style)
        print("\(mark)  \(finding.name.padded(to: width))  \(finding.found)")
        if let advice = finding.advice {
          print(String(repeating: " ", count: width + 11) + "→ " + advice)
        }
      }
    }
    if findings.contains(where: { $0.status == .missing }) { throw EarlyEnd(exitCode: 66) }
  }
}

/// What one check found.
struct DoctorFinding: Encodable {
  enum Status: String, Encodable {
    case ok, warning, missing

    var style: Terminal.Style {
      switch self {
      case .ok: .green
      case .warning: .yellow
      case .missing: .red
      }
    }
  }

  let name: String
  let status: Status
  let found: String
  /// What to install or to do; nil where all is well.
  var advice: String?
}
