import { describe, expect, it } from 'vitest';
import { lengthFaultOf } from './file-length.mjs';

describe('the length of a source file', () => {
  it('may be 250 lines', () => {
    expect(lengthFaultOf('a.ts', 'x\n'.repeat(250))).toBeUndefined();
  });

  it('is a fault from 251 lines on', () => {
    expect(lengthFaultOf('a.ts', 'x\n'.repeat(251))).toMatch(/^a\.ts has 251 lines/);
  });

  it('may be more where a comment says why', () => {
    const text = 'x\n'.repeat(300);
    expect(lengthFaultOf('a.ts', `// Over 250 lines: one table.\n${text}`)).toBeUndefined();
    expect(lengthFaultOf('a.ts', `// Over 250 lines:\n${text}`)).toBeDefined();
  });
});
