import { describe, expect, it } from 'vitest';
import { splitAddress } from './address.ts';

describe('an address', () => {
  it('is a host and a port, also of IPv6', () => {
    expect(splitAddress('127.0.0.1:80')).toEqual({ host: '127.0.0.1', port: 80 });
    expect(splitAddress('[::1]:0')).toEqual({ host: '::1', port: 0 });
  });
});
