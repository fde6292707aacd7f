import CCPU

/// The instruction sets this library was compiled for, from the compiler flags.
public enum CompiledCPU {
  @inline(__always) public static var hasFMA: Bool { EMOJIFY_HAS_FMA == 1 }
  @inline(__always) public static var hasAVX2: Bool { EMOJIFY_HAS_AVX2 == 1 }
  @inline(__always) public static var hasAVX512: Bool { EMOJIFY_HAS_AVX512 == 1 }
}
