import { describe, expect, it } from 'vitest';
import { decideRun } from './decide-run.ts';
import type { RunState } from './run-state.ts';

const SILENT = { resume: false, fresh: false, isTerminal: false };
const ASKED = { ...SILENT, isTerminal: true };
const unfinished: RunState = { kind: 'unfinished', numIterations: 10, changedField: undefined };
const other: RunState = { kind: 'unfinished', numIterations: 10, changedField: 'seed' };
const completed: RunState = { kind: 'completed', changedField: undefined };
const used: RunState = { kind: 'in-use', pid: 4 };

describe('what train does about a folder', () => {
  it.each([
    ['nothing there', { kind: 'none' }, SILENT, 'start'],
    ['nothing there, --resume', { kind: 'none' }, { ...SILENT, resume: true }, 'start'],
    ['other files', { kind: 'foreign' }, SILENT, 'refuse'],
    ['a coordinator at work', used, SILENT, 'refuse'],
    ['a coordinator at work, --fresh', used, { ...SILENT, fresh: true }, 'start-beside'],
    ['an unfinished run', unfinished, SILENT, 'resume'],
    ['an unfinished run, on a terminal', unfinished, ASKED, 'ask'],
    ['an unfinished run, --resume on a terminal', unfinished, { ...ASKED, resume: true }, 'resume'],
    ['an unfinished run, --fresh', unfinished, { ...ASKED, fresh: true }, 'start-beside'],
    ['an unfinished run of another config', other, SILENT, 'start-beside'],
    ['an unfinished run of another config, --resume', other, { ...SILENT, resume: true }, 'refuse'],
    ['a complete run', completed, SILENT, 'start-beside'],
    ['a complete run, on a terminal', completed, ASKED, 'ask'],
    ['a complete run, --resume', completed, { ...ASKED, resume: true }, 'refuse'],
  ] as const)('%s: %4$s', (_, state, wishes, type) => {
    expect(decideRun(state, wishes).type).toBe(type);
  });

  it('never asks where nobody can answer', () => {
    const states: RunState[] = [{ kind: 'none' }, { kind: 'foreign' }, used, unfinished, other, completed];
    for (const state of states) expect(decideRun(state, SILENT).type).not.toBe('ask');
  });
});
