import { createHash } from 'node:crypto';
import { type PhiloxKey, philox } from './philox.ts';

/** A Philox key from anything that names a stream of numbers, e.g. keyOf(seed, 'noise', step, virtualWorker, 'z'). */
export function keyOf(...parts: readonly (number | string)[]): PhiloxKey {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}

/** `length` unsigned 32-bit numbers. */
export function uniformBits(key: PhiloxKey, length: number): Uint32Array {
  const bits = new Uint32Array(Math.ceil(length / 4) * 4);
  for (let block = 0; block * 4 < length; block += 1) {
    philox(key, [block >>> 0, Math.floor(block / 2 ** 32), 0, 0], bits, block * 4);
  }
  return bits.subarray(0, length);
}

/** `length` float32 in [0, 1), of 24 random bits each. */
export function uniform(key: PhiloxKey, length: number): Float32Array {
  const bits = uniformBits(key, length);
  return Float32Array.from(bits, (value) => (value >>> 8) / 2 ** 24);
}

/** `length` float32 from the standard normal distribution (Box-Muller). */
export function normal(key: PhiloxKey, length: number): Float32Array {
  const bits = uniformBits(key, Math.ceil(length / 2) * 2);
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(((bits[i] ?? 0) + 1) / 2 ** 32));
    const angle = 2 * Math.PI * ((bits[i + 1] ?? 0) / 2 ** 32);
    values[i] = radius * Math.cos(angle);
    values[i + 1] = radius * Math.sin(angle);
  }
  return values.subarray(0, length);
}
