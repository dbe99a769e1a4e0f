import { KernelError } from './kernel-error.ts';

const PAGE_BYTES = 65_536;
const ALIGNMENT_BYTES = 16;
const LIMIT_BYTES = 2 ** 32;

/** Float32 elements inside kernel memory. */
export interface KernelSpan {
  /** Byte offset in the memory: what a kernel is called with. */
  readonly pointer: number;
  /** Number of float32 elements. */
  readonly length: number;
  /**
   * A view to read or write through now. Memory that grows leaves its old views detached and empty, so a view must
   * not be kept across an `allocate` or an `await`: ask again.
   */
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
  /** Part of this span: elements [offset, offset + length). */
  slice(offset: number, length: number): KernelSpan;
}

/** A span with an owner, who releases it once. */
export interface KernelBuffer extends KernelSpan {
  release(): void;
}

/** A WebAssembly memory, as far as it matters here. */
export interface GrowableMemory {
  /** Another one after each growth. */
  readonly buffer: ArrayBuffer;
  /** @throws RangeError */
  grow(numPages: number): number;
}

interface FreeBlock {
  start: number;
  end: number;
}

/**
 * Float32 buffers in the one growable memory that the kernels compute in, so that bytes from the network are copied
 * into place once. First fit over a free list ordered by address, in which neighbours are merged: a run that needs the
 * same buffers each step stops growing after its first.
 */
export class KernelMemory {
  readonly #memory: GrowableMemory;
  readonly #free: FreeBlock[] = [];
  /** Where the next growth begins: past all that is held, and past the module's own data. */
  #end: number;

  constructor(memory: GrowableMemory, heapBase: number) {
    this.#memory = memory;
    this.#end = align(heapBase);
    const available = memory.buffer.byteLength;
    if (available > this.#end) this.#give({ start: this.#end, end: available });
    this.#end = Math.max(this.#end, available);
  }

  /** Bytes held from the system; never shrinks. */
  get sizeBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Bytes that no buffer uses. */
  get freeBytes(): number {
    return this.#free.reduce((sum, block) => sum + block.end - block.start, 0);
  }

  /**
   * `length` float32 elements, 16-byte aligned, holding whatever was there before.
   * @throws KernelError 'out-of-memory'
   */
  allocate(length: number): KernelBuffer {
    const size = Math.max(align(length * 4), ALIGNMENT_BYTES);
    let block = this.#free.find((candidate) => candidate.end - candidate.start >= size);
    if (block === undefined) {
      this.#grow(size);
      block = this.#free.at(-1);
      if (block === undefined)
        throw new KernelError('out-of-memory', 'the kernel memory was to grow by less than one page');
    }
    const pointer = block.start;
    block.start += size;
    if (block.start === block.end) this.#free.splice(this.#free.indexOf(block), 1);
    return new OwnedBuffer(this.#memory, pointer, length, () =>
      this.#give({ start: pointer, end: pointer + size }),
    );
  }

  #grow(size: number): void {
    const last = this.#free.at(-1);
    const reused = last?.end === this.#end ? this.#end - last.start : 0;
    const start = this.#end;
    const held = this.#memory.buffer.byteLength;
    const pages = Math.ceil((start - reused + size - held) / PAGE_BYTES);
    try {
      if (held + pages * PAGE_BYTES > LIMIT_BYTES)
        throw new RangeError('a WebAssembly memory cannot be larger than 4 GiB');
      this.#memory.grow(pages);
    } catch (cause) {
      throw new KernelError(
        'out-of-memory',
        `cannot allocate ${size} more bytes, ${start} are in use: give the process more memory, or train a smaller model`,
        { cause },
      );
    }
    this.#end = this.#memory.buffer.byteLength;
    this.#give({ start, end: this.#end });
  }

  #give(block: FreeBlock): void {
    const found = this.#free.findIndex(({ start }) => start > block.start);
    const at = found === -1 ? this.#free.length : found;
    const before = this.#free[at - 1];
    const after = this.#free[at];
    const joinsBefore = before?.end === block.start;
    const joinsAfter = after?.start === block.end;
    if (before && joinsBefore) before.end = after && joinsAfter ? after.end : block.end;
    else if (after && joinsAfter) after.start = block.start;
    else this.#free.splice(at, 0, block);
    if (joinsBefore && joinsAfter) this.#free.splice(at, 1);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

class OwnedBuffer implements KernelBuffer {
  readonly #memory: GrowableMemory;
  readonly #pointer: number;
  readonly #onRelease: () => void;
  readonly length: number;
  #released = false;

  constructor(memory: GrowableMemory, pointer: number, length: number, onRelease: () => void) {
    this.#memory = memory;
    this.#pointer = pointer;
    this.#onRelease = onRelease;
    this.length = length;
  }

  get pointer(): number {
    if (this.#released)
      throw new KernelError('released', 'this buffer was released, and its bytes may have another owner');
    return this.#pointer;
  }

  get floats(): Float32Array {
    return new Float32Array(this.#memory.buffer, this.pointer, this.length);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.pointer, this.length * 4);
  }

  slice(offset: number, length: number): KernelSpan {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.length)) {
      throw new KernelError(
        'length-mismatch',
        `[${offset}, ${offset + length}) is outside a buffer of ${this.length}`,
      );
    }
    return new Slice(this, offset, length);
  }

  release(): void {
    if (this.#released) throw new KernelError('released', 'this buffer was released twice');
    this.#released = true;
    this.#onRelease();
  }
}

class Slice implements KernelSpan {
  readonly #whole: KernelSpan;
  readonly #offset: number;
  readonly length: number;

  constructor(whole: KernelSpan, offset: number, length: number) {
    this.#whole = whole;
    this.#offset = offset;
    this.length = length;
  }

  get pointer(): number {
    return this.#whole.pointer + this.#offset * 4;
  }

  get floats(): Float32Array {
    return this.#whole.floats.subarray(this.#offset, this.#offset + this.length);
  }

  get bytes(): Uint8Array {
    return this.#whole.bytes.subarray(this.#offset * 4, (this.#offset + this.length) * 4);
  }

  slice(offset: number, length: number): KernelSpan {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.length)) {
      throw new KernelError(
        'length-mismatch',
        `[${offset}, ${offset + length}) is outside a slice of ${this.length}`,
      );
    }
    return this.#whole.slice(this.#offset + offset, length);
  }
}
