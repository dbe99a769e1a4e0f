import { describe, expect, it } from 'vitest';
import { decimal, deviceName, duration, percent, size } from './format.ts';

describe('numbers for a person', () => {
  it.each([
    [duration, 59.4, '59 s'],
    [duration, 192, '3 min 12 s'],
    [duration, 7_500, '2 h 05 min'],
    [duration, 273_600, '3 d 4 h'],
    [decimal, 0, '0'],
    [decimal, 0.00012, '1.2e-4'],
    [decimal, 0.01234, '0.0123'],
    [decimal, -4.5678, '-4.57'],
    [decimal, 123.4, '123'],
    [decimal, 12_345.6, '12,346'],
    [decimal, Number.NaN, '–'],
    [size, 0, '–'],
    [size, 498_364, '499 kB'],
    [size, 512e6, '512 MB'],
    [size, 1.44e9, '1.4 GB'],
    [percent, 0.9999, '99%'],
  ])('%o of %f is %s', (format, value, text) => {
    expect(format(value)).toBe(text);
  });

  it('name a device without its instruction sets', () => {
    expect(deviceName('cpu: AMD EPYC sse4_1 avx avx512f f16c')).toBe('cpu: AMD EPYC');
    expect(deviceName('gpu: NVIDIA H100')).toBe('gpu: NVIDIA H100');
  });
});
