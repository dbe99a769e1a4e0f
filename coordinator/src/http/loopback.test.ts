import { describe, expect, it } from 'vitest';
import { isLoopback, namesLoopback } from './loopback.ts';

describe('loopback', () => {
  it.each(['127.0.0.1', '127.8.8.8', 'localhost', '[::1]', '::1'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '[::]',
    '10.0.0.1',
    'example.org',
    '127.0.0.1.example.org',
    'localhost.example.org',
    '',
  ])('is not "%s"', (host) => {
    expect(isLoopback(host)).toBe(false);
  });

  it('is named by a Host header whatever the port, and not by its absence', () => {
    expect(namesLoopback('localhost:8080')).toBe(true);
    expect(namesLoopback('[::1]:8080')).toBe(true);
    expect(namesLoopback('rebound.example.org:8080')).toBe(false);
    expect(namesLoopback(undefined)).toBe(false);
  });
});
