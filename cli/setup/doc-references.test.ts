import { describe, expect, it } from 'vitest';
import { docFaultsOf } from './doc-references.mjs';

const FILES = ['README.md', 'docs/a.md', 'docs/adr/0001-old.md', 'cli/src/main.ts', 'docs/images/a.png'];

describe('what a document points to', () => {
  it('may be a file, a folder or a heading', () => {
    const text =
      '[a](docs/a.md#two-words) ![i](docs/images/a.png) [f](docs/adr) `cli/src/main.ts` `cli/src/`';
    expect(faultsOf({ 'README.md': text, 'docs/a.md': '# Two words!\n' })).toEqual([]);
  });

  it('is a fault when a linked file is not there', () => {
    expect(faultsOf({ 'docs/a.md': '[b](b.md)' })).toEqual(['docs/a.md: b.md is not there']);
  });

  it('is a fault when a heading is not there, also in the document itself', () => {
    expect(faultsOf({ 'docs/a.md': '# One\n[x](#two) [y](#one)' })).toEqual([
      'docs/a.md: docs/a.md has no heading #two',
    ]);
  });

  it('is a fault when a path in code is not there: in a span, a fence or an indented line', () => {
    const text = '`cli/src/gone.ts`\n\n```\n  -> cli/src/lost.ts, more\n```\n\n    node cli/left.mjs\n';
    expect(faultsOf({ 'docs/a.md': text })).toEqual([
      'docs/a.md: cli/src/lost.ts is not there',
      'docs/a.md: cli/left.mjs is not there',
      'docs/a.md: cli/src/gone.ts is not there',
    ]);
  });

  it('may name a source file by the end of its path', () => {
    expect(faultsOf({ 'docs/a.md': '`main.ts` `src/main.ts` `src/other.ts`' })).toEqual([
      'docs/a.md: src/other.ts is not there',
    ]);
  });

  it('is none of its own when it is a place elsewhere, or what a build writes', () => {
    const text =
      '[w](https://example.org/x.md) `s3://bucket/docs/none` `runs/demo` `proto/src/generated/x.ts`';
    expect(faultsOf({ 'docs/a.md': text })).toEqual([]);
  });

  it('may be a path with NAME for any name', () => {
    expect(faultsOf({ 'docs/a.md': '`cli/src/NAME.ts` `cli/src/NAMES.ts`' })).toEqual([
      'docs/a.md: cli/src/NAMES.ts is not there',
    ]);
  });

  it('may have moved since where a decision is recorded, but links hold there, too', () => {
    const text = '`cli/src/gone.ts` [b](../b.md)';
    expect(faultsOf({ 'docs/adr/0001-old.md': text })).toEqual([
      'docs/adr/0001-old.md: ../b.md is not there',
    ]);
  });
});

function faultsOf(docs: Readonly<Record<string, string>>): string[] {
  return docFaultsOf(
    Object.entries(docs).map(([path, text]) => ({ path, text })),
    FILES,
  );
}
