/// Saves the network after every epoch as last.h5, and as best.h5 where no epoch was better.
public final class ModelKeeper: TrainingCallback {
  public let name = "models"

  public init() {}

  public func epochEnded(_ record: EpochRecord, of session: TrainingSession) throws {
    let metadata = try session.metadata(record)
    if session.best == record {
      try KerasFormat.write(session.network, metadata: metadata, to: session.folder.best)
    }
    try KerasFormat.write(session.network, metadata: metadata, to: session.folder.last)
  }
}
