import type { GrowableMemory } from './kernel-memory.ts';

/** What kernels/kernels.ts exports, compiled. */
export interface KernelExports {
  readonly memory: GrowableMemory;
  heapBase(): number;
  add(target: number, source: number, length: number): void;
  scale(target: number, length: number, factor: number): void;
  moveToward(target: number, source: number, length: number, fraction: number): void;
  scaleAndSquare(target: number, length: number, factor: number): number;
  squares(source: number, length: number): number;
  packBf16(target: number, source: number, length: number): void;
  unpackBf16(target: number, source: number, length: number): void;
  addBf16(target: number, source: number, length: number): void;
  followBf16(target: number, source: number, difference: number, length: number): void;
  addDifferenceBf16(target: number, difference: number, length: number): void;
  adam(
    p: number,
    g: number,
    m: number,
    v: number,
    length: number,
    fraction1: number,
    beta2: number,
    fraction2: number,
    stepSize: number,
    rootCorrection2: number,
    epsilon: number,
    keep: number,
  ): void;
  lamb(p: number, g: number, m: number, v: number, length: number, ...coefficients: number[]): void;
  lambSquares(p: number, g: number, m: number, v: number, length: number, ...coefficients: number[]): number;
  sgd(p: number, g: number, length: number, learningRate: number): void;
  sgdMomentum(
    p: number,
    g: number,
    u: number,
    length: number,
    rate: number,
    momentum: number,
    nesterov: number,
  ): void;
  rmsprop(p: number, g: number, s: number, length: number, ...coefficients: number[]): void;
  rmspropMomentum(
    p: number,
    g: number,
    s: number,
    u: number,
    length: number,
    ...coefficients: number[]
  ): void;
}

export interface AdamCoefficients {
  /** 1 - beta1 */
  readonly fraction1: number;
  readonly beta2: number;
  /** 1 - beta2 */
  readonly fraction2: number;
  /** learningRate / (1 - beta1^t) */
  readonly stepSize: number;
  /** sqrt(1 - beta2^t) */
  readonly rootCorrection2: number;
  readonly epsilon: number;
  /** 1 - learningRate * weightDecay; 1 for plain Adam */
  readonly keep: number;
}

export interface LambCoefficients {
  /** 1 - beta1 */
  readonly fraction1: number;
  readonly beta2: number;
  /** 1 - beta2 */
  readonly fraction2: number;
  /** 1 / (1 - beta1^t) */
  readonly unbias1: number;
  /** sqrt(1 - beta2^t) */
  readonly rootCorrection2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export interface RmspropCoefficients {
  readonly learningRate: number;
  readonly decay: number;
  /** 1 - decay */
  readonly fraction: number;
  readonly epsilon: number;
}
