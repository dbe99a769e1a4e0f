import { describe, expect, it } from 'vitest';
import { folderCyclesOf } from './folder-cycles.mjs';

describe('cycles of folders', () => {
  it('names two folders that import each other, and an import each way', () => {
    expect(cyclesOf('a/one.ts > b/two.ts', 'b/other.ts > a/another.ts')).toEqual([
      'a -> b (a/one.ts imports b/two.ts) -> a (b/other.ts imports a/another.ts)',
    ]);
  });

  it('finds one over three folders', () => {
    expect(cyclesOf('a/x.ts > b/x.ts', 'b/y.ts > c/x.ts', 'c/y.ts > a/y.ts')).toHaveLength(1);
  });

  it('finds a folder that imports one in it and is imported by that', () => {
    expect(cyclesOf('a/x.ts > a/in/x.ts', 'a/in/y.ts > a/y.ts')).toEqual([
      'a/ -> a/in (a/x.ts imports a/in/x.ts) -> a/ (a/in/y.ts imports a/y.ts)',
    ]);
  });

  it('counts what lies deeper as of the folder above it', () => {
    expect(cyclesOf('a/in/x.ts > b/x.ts', 'b/in/y.ts > a/y.ts')).toHaveLength(1);
  });

  it('finds none where imports go one way', () => {
    expect(cyclesOf('a/x.ts > a/in/x.ts', 'a/in/x.ts > b/x.ts', 'a/y.ts > b/in/y.ts')).toEqual([]);
  });

  it('lets a folder of test code import what it is for', () => {
    expect(cyclesOf('a/x.test.ts > a/testing/x.ts', 'a/testing/x.ts > a/y.ts')).toEqual([]);
  });

  it('leaves out what is not among the modules', () => {
    const dependencies = [{ resolved: 'node_modules/b/x.js' }];
    expect(folderCyclesOf([{ source: 'a/x.ts', dependencies }])).toEqual([]);
  });
});

/** Each 'file > file' is an import. */
function cyclesOf(...imports: readonly string[]): string[] {
  const pairs = imports.map((line) => line.split(' > '));
  const sources = [...new Set(pairs.flat())];
  return folderCyclesOf(
    sources.map((source) => ({
      source,
      dependencies: pairs
        .filter(([from]) => from === source)
        .map(([, resolved]) => ({ resolved: resolved ?? '' })),
    })),
  );
}
