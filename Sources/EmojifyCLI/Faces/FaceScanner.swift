import FERCore
import Foundation

/// The faces of one image, cut out for the network.
struct ScannedImage {
  let source: ImageSource
  /// The whole image.
  let bounds: FaceBox
  let boxes: [FaceBox]
  /// Each box in the network's form.
  let crops: [[UInt8]]
}

/// Decodes images and finds their faces, several at a time: a detector for each thread, and no more decoded images in
/// memory than threads.
final class FaceScanner {
  /// A thread's own; a detector changes while it detects.
  private final class Seat {
    var detector: FaceDetector?
  }

  private let pool: WorkerPool
  private let seats: [Seat]
  private let format: FaceFormat
  private let detects: Bool
  private let minimumFace: Int

  /// Throws what `FaceDetector` throws, before any image is read.
  /// - Parameters:
  ///   - detects: false takes each image as one face.
  ///   - format: of the faces to be cut out.
  ///   - minimumFace: the side of the smallest face wanted, in pixels of its image.
  init(pool: WorkerPool, format: FaceFormat, detects: Bool, minimumFace: Int) throws {
    self.pool = pool
    self.format = format
    self.detects = detects
    self.minimumFace = minimumFace
    seats = (0..<pool.threads).map { _ in Seat() }
    if detects { seats[0].detector = try FaceDetector() }
  }

  /// What each image holds or why it cannot be read, in their order.
  /// - Parameter progress: called after each image, on any thread, once at a time.
  func scan(
    _ sources: [ImageSource], progress: () -> Void
  ) -> [Result<ScannedImage, EmojifyError>] {
    // One picture has OpenCV's own threads, several have ours.
    if detects { OpenCVLibrary.useThreads(max(1, pool.threads / max(1, sources.count))) }
    let lock = NSLock()
    return pool.map(sources) { worker, source in
      defer { lock.withLock(progress) }
      return try self.scan(source, self.seats[worker])
    }
  }

  private func scan(_ source: ImageSource, _ seat: Seat) throws -> ScannedImage {
    let bytes = try source.bytes()
    guard detects else {
      let face =
        try format.color == .gray
        ? ImageDecoder.gray(bytes, name: source.name) : Image(data: bytes, name: source.name)
      return ScannedImage(
        source: source, bounds: face.bounds, boxes: [face.bounds],
        crops: [try face.pixels(region: face.bounds, as: format)])
    }
    let detector = try seat.detector ?? FaceDetector()
    seat.detector = detector
    let image = try Image(data: bytes, name: source.name)
    let boxes = try detector.faces(in: image, minimumSide: minimumFace)
    let crops = try boxes.map { try FaceCrop.pixels(of: $0, in: image, as: format) }
    return ScannedImage(source: source, bounds: image.bounds, boxes: boxes, crops: crops)
  }
}

extension WorkerPool {
  /// `transform` of each element, several at a time, in their order.
  func map<Element, Transformed>(
    _ elements: [Element], _ transform: (_ worker: Int, Element) throws -> Transformed
  ) -> [Result<Transformed, EmojifyError>] {
    var results = [Result<Transformed, EmojifyError>?](repeating: nil, count: elements.count)
    results.withUnsafeMutableBufferPointer { results in
      let places = results  // each block writes its own
      run(blocks: elements.count) { worker, index in
        do {
          places[index] = .success(try transform(worker, elements[index]))
        } catch let error as EmojifyError {
          places[index] = .failure(error)
        } catch {
          places[index] = .failure(.internalFault("\(error)"))
        }
      }
    }
    return results.compactMap(\.self)
  }
}
