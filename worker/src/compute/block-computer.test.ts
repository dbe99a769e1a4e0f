import { expect, it } from 'vitest';
import type { BegunLeaf } from '../phases/compiled-phase.ts';
import type { PhaseRunInputs } from '../phases/phase-runner-types.ts';
import { BlockComputer } from './block-computer.ts';

const node = { level: 0, index: 3 };
const work = { step: 8, node, batches: {} };

/** Leaves say whether they were begun; begun ones that nobody uses must be dropped. */
function newComputer() {
  const alive = new Set<BegunLeaf>();
  const runner = {
    lateGroupOf: () => 'late',
    begin(): BegunLeaf {
      const leaf = { numTensors: 1, drop: () => alive.delete(leaf) };
      alive.add(leaf);
      return leaf;
    },
    run(_: PhaseRunInputs, begun?: BegunLeaf) {
      begun?.drop();
      return Float32Array.of(begun === undefined ? 0 : 1);
    },
  };
  const phases = [{ noiseOf: () => ({}) }];
  const computer = new BlockComputer({ seed: 1, batchPerVirtualWorker: 1, phases }, { runner });
  const wasBegun = async (wanted = work) => {
    const { bytes } = await computer.compute(wanted, new AbortController().signal);
    return new Float32Array(bytes.buffer)[0] === 1;
  };
  return { computer, alive, wasBegun };
}

it('goes on with the leaf that was begun, once, though its late group has changed', async () => {
  const { computer, alive, wasBegun } = newComputer();
  computer.begin(work);
  computer.parametersChanged('late');
  expect([await wasBegun(), await wasBegun()]).toEqual([true, false]);
  expect(alive.size).toBe(0);
});

it.each([
  ['another virtual worker', (c: BlockComputer) => c.begin({ ...work, node: { level: 0, index: 2 } })],
  ['another step', (c: BlockComputer) => c.begin({ ...work, step: 7 })],
  [
    'other parameters',
    (c: BlockComputer) => {
      c.begin(work);
      c.parametersChanged('early');
    },
  ],
])('drops what was begun of %s', async (_, begin) => {
  const { computer, alive, wasBegun } = newComputer();
  begin(computer);
  expect(await wasBegun()).toBe(false);
  expect(alive.size).toBe(0);
});
