import { describe, expect, it } from 'vitest';
import { auditJournal } from './journal-audit.ts';
import type { CommittedEntry, JournalEntry } from './journal-entry.ts';

const OPENED: JournalEntry = {
  ...{ kind: 'opened', time: 't', runId: 'run-1', seed: 7, virtualWorkers: 4 },
  domains: [
    { name: 'content', numExamples: 50, digest: 'c' },
    { name: 'style', numExamples: 17, digest: 's' },
  ],
};
const BATCH = 8;

/** A step of a run whose even steps read content and whose every step reads style. */
function committed(step: number, changes: Partial<CommittedEntry> = {}): CommittedEntry {
  const content = step % 2 === 0 ? { content: { first: (step / 2) * BATCH, count: BATCH } } : {};
  return {
    kind: 'committed',
    ...{
      time: 't',
      step,
      iteration: Math.floor(step / 2),
      phase: `p${step % 2}`,
      group: 'g',
      losses: { loss: 1 },
    },
    examples: { ...content, style: { first: step * BATCH, count: BATCH } },
    nodes: step % 3 === 0 ? { '2:0': 'a' } : { '1:1': 'a', '0:1': 'b', '0:0': 'c' },
    ...{ gradientNorm: 1, seconds: 1, digest: `digest-${step}` },
    ...changes,
  };
}

const restarted = (fromStep: number): JournalEntry => ({
  kind: 'restarted',
  time: 't',
  incarnation: 'i',
  fromStep,
  reason: 'resume',
});
const steps = (from: number, to: number): CommittedEntry[] =>
  Array.from({ length: to - from }, (_, i) => committed(from + i));

describe('journal audit', () => {
  it('finds nothing missing and nothing repeated in a whole run', async () => {
    const audit = await auditJournal([OPENED, restarted(0), ...steps(0, 40)]);
    expect(audit).toMatchObject({ steps: 40, recomputed: 0, missing: 0, repeated: 0, problems: [] });
    // 20 reads of 8 of 50 content; 40 reads of 8 of 17 styles.
    expect(audit.domains.map(({ epochsFinished }) => epochsFinished)).toEqual([3, 18]);
    expect(audit.epochsChecked).toBe(21);
  });

  it('passes over what was measured, also of steps that are void by now, but not of steps that never were', async () => {
    const evaluated = (step: number): JournalEntry => ({
      ...{ kind: 'evaluated', time: 't', step, iteration: step, digest: 'd', values: {}, bars: [] },
      ...{ barsMet: 0, shortfall: 0, isBest: true },
    });
    const whole = [OPENED, restarted(0), ...steps(0, 10), restarted(6), evaluated(8), ...steps(6, 12)];
    expect(await auditJournal([...whole, evaluated(12)])).toMatchObject({ steps: 12, problems: [] });
    expect((await auditJournal([...whole, evaluated(13)])).problems).toEqual([
      'step 13 is evaluated, but only 12 steps came before',
    ]);
  });

  it('takes void lines back after each restart, and counts what was computed again once', async () => {
    const audit = await auditJournal([
      ...[OPENED, restarted(0), ...steps(0, 10), restarted(6), ...steps(6, 8), restarted(0)],
      ...[...steps(0, 12), restarted(10), ...steps(10, 40)],
    ]);
    expect(audit).toMatchObject({ steps: 40, missing: 0, repeated: 0, problems: [], epochsChecked: 21 });
    expect(audit.recomputed).toBe(2 + 10 + 2);
  });

  it('does not count void steps that were not computed again', async () => {
    const audit = await auditJournal([OPENED, ...steps(0, 10), restarted(4)]);
    expect(audit).toMatchObject({ steps: 4, problems: [] });
    expect(audit.domains[0]).toMatchObject({ epochsFinished: 0, missing: 0 });
  });

  it('counts the examples of a gap as missing', async () => {
    const skipping = steps(0, 40).map((entry) => {
      const style = entry.examples['style'] ?? { first: 0, count: 0 };
      const first = style.first + (entry.step >= 20 ? 3 : 0);
      return { ...entry, examples: { ...entry.examples, style: { ...style, first } } };
    });
    const audit = await auditJournal([OPENED, ...skipping]);
    expect(audit).toMatchObject({ missing: 3, repeated: 0 });
    expect(audit.problems).toEqual(["step 20: reads 'style' from 163, but 160 is the next"]);
  });

  it('counts examples that are read twice within an epoch, also across its end', async () => {
    const twice = steps(0, 40).map((entry) => {
      const style = entry.examples['style'] ?? { first: 0, count: 0 };
      return {
        ...entry,
        examples: { ...entry.examples, style: { ...style, first: style.first - (entry.step >= 20 ? 5 : 0) } },
      };
    });
    expect(await auditJournal([OPENED, ...twice])).toMatchObject({ missing: 0, repeated: 5 });
    const whole = committed(39, { examples: { style: { first: 0, count: 17 } } });
    expect(await auditJournal([OPENED, ...steps(0, 39), whole])).toMatchObject({ missing: 0, repeated: 17 });
  });

  it.each<[string, JournalEntry[], string]>([
    [
      'a missing step',
      [OPENED, ...steps(0, 3), ...steps(4, 6)],
      'step 4 is committed where step 3 was expected',
    ],
    [
      'a step committed twice',
      [OPENED, ...steps(0, 3), committed(2)],
      'step 2 is committed where step 3 was expected',
    ],
    [
      'a restart past the end',
      [OPENED, ...steps(0, 3), restarted(5)],
      'restarted from step 5, but only 3 steps',
    ],
    [
      'a share that nobody computed',
      [OPENED, committed(0, { nodes: { '1:0': 'a', '0:2': 'b' } })],
      'do not cover the 4',
    ],
    [
      'a share that two computed',
      [OPENED, committed(0, { nodes: { '2:0': 'a', '0:2': 'b' } })],
      'do not cover the 4',
    ],
    ['a node outside the tree', [OPENED, committed(0, { nodes: { '3:0': 'a' } })], 'do not cover the 4'],
    ['a node that is none', [OPENED, committed(0, { nodes: { 'x:y': 'a' } })], 'do not cover the 4'],
    ['no nodes', [OPENED, committed(0, { nodes: {} })], '(none) do not cover'],
    [
      'other examples in a repetition',
      [OPENED, ...steps(0, 2), restarted(1), committed(1, { examples: { style: { first: 9, count: 8 } } })],
      'step 1: computed again with other examples',
    ],
    [
      'another result of a repetition',
      [OPENED, ...steps(0, 2), restarted(1), committed(1, { digest: 'other' })],
      'step 1: computed again with another result: digest-1, then other',
    ],
    [
      'an unknown domain',
      [OPENED, committed(0, { examples: { sky: { first: 0, count: 1 } } })],
      "reads 'sky'",
    ],
    ['no opening', steps(0, 1), 'has no opening line'],
    ['two openings', [OPENED, OPENED], 'has two opening lines'],
  ])('reports %s', async (_, entries, problem) => {
    const { problems } = await auditJournal(entries);
    expect(problems.join('\n')).toContain(problem);
  });

  it('names the first problems and counts the others', async () => {
    const { problems } = await auditJournal([
      OPENED,
      ...steps(0, 50).map((entry) => ({ ...entry, nodes: {} })),
    ]);
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toBe('and 30 more findings');
  });
});
