import { readFileSync } from 'node:fs';
import { KernelError } from './kernel-error.ts';
import type {
  AdamCoefficients,
  KernelExports,
  LambCoefficients,
  RmspropCoefficients,
} from './kernel-exports.ts';
import { KernelMemory, type KernelSpan } from './kernel-memory.ts';

/**
 * The compiled kernels over one memory of their own. Spans given to one call are of equal length and lie in `memory`;
 * coefficients are rounded to float32. The formulas stand with the kernels, in shared/kernels.
 */
export class Kernels {
  /** Compiled once. */
  static #module: WebAssembly.Module | undefined;
  readonly memory: KernelMemory;
  readonly #wasm: KernelExports;

  private constructor(wasm: KernelExports) {
    this.#wasm = wasm;
    this.memory = new KernelMemory(wasm.memory, wasm.heapBase());
  }

  /** @throws KernelError 'not-built' */
  static load(): Kernels {
    // src/kernels and dist/kernels lie equally deep, so this finds the file from both.
    const url = new URL('../../kernels/generated/kernels.wasm', import.meta.url);
    try {
      Kernels.#module ??= new WebAssembly.Module(readFileSync(url));
      const instance = new WebAssembly.Instance(Kernels.#module, {});
      return new Kernels(instance.exports as KernelExports);
    } catch (cause) {
      throw new KernelError(
        'not-built',
        `the kernels at ${url.pathname} cannot be loaded: run npm run generate:kernels`,
        {
          cause,
        },
      );
    }
  }

  /** target += source */
  add(target: KernelSpan, source: KernelSpan): void {
    this.#wasm.add(target.pointer, source.pointer, commonLength(target, source));
  }

  /** target *= factor */
  scale(target: KernelSpan, factor: number): void {
    this.#wasm.scale(target.pointer, target.length, factor);
  }

  /** target += (source - target) * fraction */
  moveToward(target: KernelSpan, source: KernelSpan, fraction: number): void {
    this.#wasm.moveToward(target.pointer, source.pointer, commonLength(target, source), fraction);
  }

  /**
   * target *= factor
   * @returns the sum of squares of what it then is, in float64 and in a fixed order; finite exactly when every element is
   */
  scaleAndSquare(target: KernelSpan, factor: number): number {
    return this.#wasm.scaleAndSquare(target.pointer, target.length, factor);
  }

  /** @returns the sum of squares in float64 and in a fixed order; finite exactly when every element is */
  squares(source: KernelSpan): number {
    return this.#wasm.squares(source.pointer, source.length);
  }

  /** target = bf16(source): to nearest, ties to even. `target` is packed, see `bf16WordsOf`. */
  packBf16(target: KernelSpan, source: KernelSpan): void {
    this.#wasm.packBf16(target.pointer, source.pointer, packedLength(source.length, target));
  }

  /** target = source, which is packed. */
  unpackBf16(target: KernelSpan, source: KernelSpan): void {
    this.#wasm.unpackBf16(target.pointer, source.pointer, packedLength(target.length, source));
  }

  /** target = bf16(target + source), both packed. */
  addBf16(target: KernelSpan, source: KernelSpan): void {
    this.#wasm.addBf16(target.pointer, source.pointer, 2 * commonLength(target, source));
  }

  /** difference = bf16(source - target), packed; target += difference. */
  followBf16(target: KernelSpan, source: KernelSpan, difference: KernelSpan): void {
    const length = packedLength(commonLength(target, source), difference);
    this.#wasm.followBf16(target.pointer, source.pointer, difference.pointer, length);
  }

  /** target += difference, which is packed. */
  addDifferenceBf16(target: KernelSpan, difference: KernelSpan): void {
    this.#wasm.addDifferenceBf16(target.pointer, difference.pointer, packedLength(target.length, difference));
  }

  adam(
    parameters: KernelSpan,
    gradient: KernelSpan,
    m: KernelSpan,
    v: KernelSpan,
    { fraction1, beta2, fraction2, stepSize, rootCorrection2, epsilon, keep }: AdamCoefficients,
  ): void {
    const length = commonLength(parameters, gradient, m, v);
    // Called for every chunk: arguments that are spread cost as much as the arithmetic of one.
    this.#wasm.adam(
      parameters.pointer,
      gradient.pointer,
      m.pointer,
      v.pointer,
      length,
      fraction1,
      beta2,
      fraction2,
      stepSize,
      rootCorrection2,
      epsilon,
      keep,
    );
  }

  /** @param rate learningRate * |parameters| / |update|, the norms of the whole tensor */
  lamb(
    parameters: KernelSpan,
    gradient: KernelSpan,
    m: KernelSpan,
    v: KernelSpan,
    { rate, ...update }: LambCoefficients & { readonly rate: number },
  ): void {
    const length = commonLength(parameters, gradient, m, v);
    const { pointer } = parameters;
    this.#wasm.lamb(pointer, gradient.pointer, m.pointer, v.pointer, length, ...lambOrder(update), rate);
  }

  /**
   * Changes nothing.
   * @returns the sum of squares of the update that `lamb` would multiply by its rate, as `squares` does
   */
  lambSquares(
    parameters: KernelSpan,
    gradient: KernelSpan,
    m: KernelSpan,
    v: KernelSpan,
    update: LambCoefficients,
  ): number {
    const length = commonLength(parameters, gradient, m, v);
    const { pointer } = parameters;
    const order = lambOrder(update);
    return this.#wasm.lambSquares(pointer, gradient.pointer, m.pointer, v.pointer, length, ...order);
  }

  sgd(parameters: KernelSpan, gradient: KernelSpan, learningRate: number): void {
    this.#wasm.sgd(parameters.pointer, gradient.pointer, commonLength(parameters, gradient), learningRate);
  }

  sgdMomentum(
    parameters: KernelSpan,
    gradient: KernelSpan,
    velocity: KernelSpan,
    { learningRate, momentum, nesterov }: { learningRate: number; momentum: number; nesterov: boolean },
  ): void {
    const length = commonLength(parameters, gradient, velocity);
    const flag = nesterov ? 1 : 0;
    this.#wasm.sgdMomentum(
      parameters.pointer,
      gradient.pointer,
      velocity.pointer,
      length,
      learningRate,
      momentum,
      flag,
    );
  }

  rmsprop(
    parameters: KernelSpan,
    gradient: KernelSpan,
    squares: KernelSpan,
    { learningRate, decay, fraction, epsilon }: RmspropCoefficients,
  ): void {
    const length = commonLength(parameters, gradient, squares);
    this.#wasm.rmsprop(
      parameters.pointer,
      gradient.pointer,
      squares.pointer,
      length,
      learningRate,
      decay,
      fraction,
      epsilon,
    );
  }

  rmspropMomentum(
    parameters: KernelSpan,
    gradient: KernelSpan,
    squares: KernelSpan,
    velocity: KernelSpan,
    { learningRate, decay, fraction, epsilon, momentum }: RmspropCoefficients & { readonly momentum: number },
  ): void {
    const length = commonLength(parameters, gradient, squares, velocity);
    this.#wasm.rmspropMomentum(
      parameters.pointer,
      gradient.pointer,
      squares.pointer,
      velocity.pointer,
      length,
      learningRate,
      decay,
      fraction,
      epsilon,
      momentum,
    );
  }
}

function lambOrder(update: LambCoefficients): number[] {
  const { fraction1, beta2, fraction2, unbias1, rootCorrection2, epsilon, weightDecay } = update;
  return [fraction1, beta2, fraction2, unbias1, rootCorrection2, epsilon, weightDecay];
}

/** Float32-sized words that `length` bf16 elements take, two to a word. */
export function bf16WordsOf(length: number): number {
  return Math.ceil(length / 2);
}

/** @returns `length` */
function packedLength(length: number, packed: KernelSpan): number {
  if (packed.length === bf16WordsOf(length)) return length;
  throw new KernelError(
    'length-mismatch',
    `${length} bf16 elements take ${bf16WordsOf(length)} words, this buffer has ${packed.length}`,
  );
}

function commonLength(first: KernelSpan, second: KernelSpan, third = first, fourth = first): number {
  const { length } = first;
  if (second.length === length && third.length === length && fourth.length === length) return length;
  const other = [second, third, fourth].find((span) => span.length !== length);
  throw new KernelError(
    'length-mismatch',
    `buffers of ${length} and ${other?.length} elements do not go together`,
  );
}
