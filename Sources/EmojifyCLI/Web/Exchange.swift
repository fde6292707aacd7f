import CMicroHTTPD
import Foundation

/// A request that is to be answered once; afterwards it is gone.
///
/// `@unchecked Sendable`: it is handed from the server's thread to the one that answers, never used by two.
struct Exchange: @unchecked Sendable {
  private let request: OpaquePointer
  let began = Stopwatch()

  init(_ request: OpaquePointer) { self.request = request }

  var method: String { String(cString: cmhd_request_method(request)) }
  /// As it was sent: `%2e` is no point.
  var path: String { String(cString: cmhd_request_path(request)) }

  /// Only on the server's thread.
  func header(_ name: String) -> String? {
    cmhd_request_header(request, name).map { String(cString: $0) }
  }

  /// A value of the query, decoded where that can be. Only on the server's thread.
  func argument(_ name: String) -> String? {
    cmhd_request_argument(request, name).map {
      let text = String(cString: $0)
      return text.removingPercentEncoding ?? text
    }
  }

  /// Not a copy: gone with the answer.
  var body: Data {
    var count = 0
    guard let bytes = cmhd_request_body(request, &count), count > 0 else { return Data() }
    return Data(
      bytesNoCopy: UnsafeMutableRawPointer(mutating: bytes), count: count, deallocator: .none)
  }

  /// The status for a body that was over a limit and is gone.
  var refusal: Int? {
    let status = cmhd_request_refusal(request)
    return status == 0 ? nil : Int(status)
  }

  /// Whether an answer of so many bytes may wait for its reader besides those that do.
  func reserves(_ count: Int) -> Bool { cmhd_request_reserve(request, count) }

  func answer(_ response: WebResponse) {
    response.withCHeaders { headers in
      response.body.withUnsafeBytes { body in
        cmhd_request_answer(
          request, UInt32(response.status), headers.baseAddress, headers.count,
          body.bindMemory(to: UInt8.self).baseAddress, body.count)
      }
    }
  }

  /// Answers without an end: `source` is asked for bytes until it has no more. Returns the handle for `wake`.
  func stream(_ response: WebResponse, from source: any ByteSource) -> OpaquePointer? {
    let context = Unmanaged.passRetained(SourceBox(source)).toOpaque()
    return response.withCHeaders { headers in
      cmhd_request_stream(
        request, UInt32(response.status), headers.baseAddress, headers.count,
        { context, bytes, capacity in
          guard let context, let bytes else { return -1 }
          let box = Unmanaged<SourceBox>.fromOpaque(context).takeUnretainedValue()
          return box.source.pull(into: UnsafeMutableBufferPointer(start: bytes, count: capacity))
            ?? -1
        },
        { context in
          guard let context else { return }
          Unmanaged<SourceBox>.fromOpaque(context).takeRetainedValue().source.finish()
        }, context)
    }
  }

  /// Tells the server that a stream's source has something again. Not from inside `pull`, not after `finish`.
  static func wake(_ stream: OpaquePointer) { cmhd_stream_wake(stream) }
}

/// C calls back with one pointer, a protocol value needs two.
private final class SourceBox {
  let source: any ByteSource
  init(_ source: any ByteSource) { self.source = source }
}

/// What a stream reads from. Called on the server's threads; must not wait.
protocol ByteSource: AnyObject, Sendable {
  /// Fills the buffer as far as it can; 0 where there is nothing yet, nil at the end.
  func pull(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int?
  /// The client is gone, or has it all.
  func finish()
}
