import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from './safetensors.ts';

const tensor = (name: string, shape: number[], values: number[]) => ({
  name,
  shape,
  values: Float32Array.from(values),
});
const EXAMPLE = [
  tensor('a', [2, 2], [1, -0, Number.NaN, 4]),
  tensor('scalar', [], [7]),
  tensor('empty', [0, 3], []),
];

/** A file with this header, over as many zero bytes of data. */
function fileOf(header: string, dataBytes: number): Uint8Array {
  const json = Buffer.from(header);
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const entry = (begin: number, end: number, more = '"shape":[1],"dtype":"F32"') =>
  `{${more},"data_offsets":[${begin},${end}]}`;

describe('safetensors', () => {
  it('gives back every tensor to the bit, from any place in a buffer', () => {
    const file = encodeSafetensors(EXAMPLE);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(decodeSafetensors(shifted.subarray(3))).toEqual(EXAMPLE);
  });

  it('writes the layout of the format', () => {
    const file = encodeSafetensors([tensor('a', [1], [1])]);
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    expect(JSON.parse(Buffer.from(file.subarray(8, 8 + headerBytes)).toString())).toEqual({
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    });
    expect([...file.subarray(8 + headerBytes)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it('reads a file of another writer: with metadata, and names in any order', () => {
    const header = `{"b":${entry(4, 8)},"__metadata__":{"format":"pt"},"a":${entry(0, 4)}}`;
    expect(decodeSafetensors(fileOf(header, 8)).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([
    ['is shorter than a length', new Uint8Array(7), 'too few'],
    ['declares a header past its end', fileOf('{}', 0).subarray(0, 9), 'at most 1'],
    ['declares an enormous header', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 0), 'at most 1'],
    ['has a header that is no JSON', fileOf('{"a":', 0), 'not JSON'],
    ['has a header that is no object', fileOf('[1]', 4), 'belong to no tensor'],
    ['has bytes of no tensor', fileOf(`{"a":${entry(0, 4)}}`, 5), '1 bytes belong to no tensor'],
    ['ends inside a tensor', fileOf(`{"a":${entry(0, 4)}}`, 3), "'a' lies at [0, 4)"],
    ['has a hole', fileOf(`{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12), "'b' lies at [8, 12)"],
    ['has tensors that overlap', fileOf(`{"a":${entry(0, 4)},"b":${entry(0, 4)}}`, 4), "'b' lies at [0, 4)"],
    [
      'has offsets that contradict the shape',
      fileOf(`{"a":${entry(0, 8)}}`, 8),
      'of shape [1] lies at [0, 8)',
    ],
    ['has another dtype', fileOf(`{"a":${entry(0, 4, '"shape":[1],"dtype":"F16"')}}`, 4), 'dtype'],
    ['has a negative dimension', fileOf(`{"a":${entry(0, 4, '"shape":[-1],"dtype":"F32"')}}`, 4), 'shape'],
    [
      'has a shape past all numbers',
      fileOf(`{"a":${entry(0, 4, '"shape":[1e15,1e15],"dtype":"F32"')}}`, 4),
      'lies at',
    ],
    [
      'names a tensor twice',
      fileOf(`{"a":${entry(0, 4)},"\\u0061":${entry(4, 8)}}`, 8),
      "two tensors are named 'a'",
    ],
  ])('refuses a file that %s', (_, file, message) => {
    expect(() => decodeSafetensors(file)).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(file)).toThrow(message);
  });

  it('never fails otherwise than by saying so, whatever the bytes', () => {
    const whole = encodeSafetensors(EXAMPLE);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const file = whole.slice(0, length);
        file[at] = value;
        try {
          decodeSafetensors(file);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
