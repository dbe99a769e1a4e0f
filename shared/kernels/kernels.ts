/**
 * The arithmetic of reduction and optimizers, in AssemblyScript, compiled to WebAssembly SIMD. Pointers are byte
 * offsets into the module's memory; lengths count float32 elements. Every operation is IEEE 754 float32 in a written
 * order, without fused multiply-add, and a vector lane does what the scalar tail does: the bits depend neither on the
 * machine, nor on alignment, nor on where a buffer is cut.
 */

export * from './adam';
export * from './bf16';
export * from './elementwise';
export * from './lamb';
export * from './rmsprop';
export * from './sgd';

/** First byte that is free for buffers. */
export function heapBase(): usize {
  return __heap_base;
}
