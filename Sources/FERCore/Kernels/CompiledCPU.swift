import CCPU

/// The instruction sets this library was compiled for, from the compiler flags.
public enum CompiledCPU {
  @inline(__always) public static var hasFMA: Bool { EMOJIFY_HAS_FMA == 1 }
  @inline(__always) public static var hasAVX2: Bool { EMOJIFY_HAS_AVX2 == 1 }
  @inline(__always) public static var hasAVX512: Bool { EMOJIFY_HAS_AVX512 == 1 }
}

/// The CPU this process runs on, from the CPU itself.
public enum MachineCPU {
  /// Its marketing name.
  public static var name: String { String(cString: ccpu_name()) }

  /// Of the instruction sets the kernels are written for, those it has; on other CPUs than x86-64 none has to be asked
  /// for.
  public static var instructionSets: [String] {
    #if arch(x86_64)
      let missing: [(name: String, isMissing: Bool)] = [
        ("AVX2", ccpu_missing_feature(1, 0, 0) != nil),
        ("FMA", ccpu_missing_feature(0, 1, 0) != nil),
        ("AVX-512", ccpu_missing_feature(0, 0, 1) != nil),
      ]
      return missing.filter { !$0.isMissing }.map(\.name)
    #else
      return []
    #endif
  }
}
