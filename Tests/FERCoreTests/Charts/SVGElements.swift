import Foundation
import FoundationXML

/// The elements of an SVG file, as an XML parser that is not ours reads them.
final class SVGElements: NSObject, XMLParserDelegate {
  struct Element {
    let name: String
    let attributes: [String: String]
    /// What stands in it, without the space around; not what stands in its children.
    fileprivate(set) var text = ""

    /// An attribute that is a number; NaN where it is none.
    func number(_ attribute: String) -> Double {
      attributes[attribute].flatMap(Double.init) ?? .nan
    }
  }

  private(set) var list: [Element] = []
  private var open: [Int] = []
  var texts: [String] { list.map(\.text) }

  init(_ svg: String) throws {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    open.append(list.count)
    list.append(Element(name: name, attributes: attributes))
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    let element = open.removeLast()
    list[element].text = list[element].text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if let element = open.last { list[element].text += text }
  }

  func named(_ name: String, _ style: String) -> [Element] {
    list.filter { $0.name == name && $0.attributes["class"] == style }
  }

  /// The points of each polyline of that class.
  func lines(_ style: String) -> [[(x: Double, y: Double)]] {
    named("polyline", style).map {
      ($0.attributes["points"] ?? "").split(separator: " ").map { point in
        let parts = point.split(separator: ",").compactMap { Double($0) }
        return (parts[0], parts[1])
      }
    }
  }
}
