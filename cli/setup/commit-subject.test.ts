import { describe, expect, it } from 'vitest';
import { subjectFaultOf } from './commit-subject.mjs';

describe('the subject of a commit', () => {
  it('may have 72 characters', () => {
    expect(subjectFaultOf(`abc123 ${'x'.repeat(72)}`)).toBeUndefined();
  });

  it('is a fault from 73 on, and is named with its commit', () => {
    expect(subjectFaultOf(`abc123 ${'x '.repeat(36)}x`)).toMatch(/^abc123 has a subject of 73 characters/);
  });
});
