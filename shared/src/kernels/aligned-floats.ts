const PAGE_BYTES = 65_536;

/**
 * Zeros that begin at a page of the processor's, as no other array of JavaScript's is sure to do: native code may take what is
 * aligned as it is, and copy what is not. They cannot be handed to another thread.
 */
export function alignedFloats(length: number): Float32Array {
  const numPages = Math.max(1, Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / PAGE_BYTES));
  const memory = new WebAssembly.Memory({ initial: numPages, maximum: numPages });
  return new Float32Array(memory.buffer, 0, length);
}
