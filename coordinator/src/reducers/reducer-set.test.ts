import { randomUUID } from 'node:crypto';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { expect, it } from 'vitest';
import type { ReducerLink } from './reducer-link.ts';
import { ReducerSet, ReducersLostError } from './reducer-set.ts';

const definition: RunDefinition = {
  model: 'toy',
  groups: [{ name: 'toy', tensors: [{ name: 'w', shape: [6] }], statistics: [] }],
  phases: [{ name: 'toy', group: 'toy', reads: [], losses: ['loss'] }],
  domains: [],
};
const config = runConfigSchema.parse({ iterations: 1, model: { preset: 'toy' }, optimizers: {} });
const FORMED = { runId: 'run', config, definition };
const SNAPSHOT = {
  step: 0,
  groups: {
    toy: {
      version: 0,
      parameters: new Float32Array(6),
      statistics: new Float32Array(0),
      slots: {},
      ema: undefined,
    },
  },
};

/** A reducer that takes its slice and fails when it is asked to go a step on. */
function reducerFailingBy(error: Error): ReducerLink {
  return {
    ...{ id: 'r', name: 'reducer', address: 'here:1', memoryId: '' },
    load: async () => {},
    prepare: async () => {
      throw error;
    },
    commit: async () => {},
    abandon: async () => {},
    snapshot: async () => {
      throw error;
    },
    ...{ release: () => {}, stop: () => {}, close: () => {} },
  };
}

async function formed(reducer: ReducerLink) {
  const lost: string[] = [];
  const set = new ReducerSet(1, {
    newId: randomUUID,
    onGone: () => {},
    onLost: (reason) => lost.push(reason),
  });
  set.add(reducer);
  await set.form(FORMED, SNAPSHOT);
  return { set, lost };
}

it('loses a reducer whose call fails', async () => {
  const gone = Object.assign(new Error('connection lost'), { code: 14 });
  const { set, lost } = await formed(reducerFailingBy(gone));
  await expect(set.exclusively((reducers) => reducers.prepare(0, 6))).rejects.toThrow(ReducersLostError);
  expect(lost).toEqual(['reducer: connection lost']);
});

it('tells a mistake of this program from a reducer that is lost', async () => {
  const mistake = new TypeError('step.slice is not a function');
  const { set, lost } = await formed(reducerFailingBy(mistake));
  await expect(set.exclusively((reducers) => reducers.prepare(0, 6))).rejects.toBe(mistake);
  expect(lost).toEqual([]);
});

it('does not take a snapshot that lacks a group for reducers that are lost', async () => {
  const { set } = await formed(reducerFailingBy(new Error()));
  await expect(set.form(FORMED, { step: 1, groups: {} })).rejects.toThrow("lacks group 'toy'");
  expect(set.present).toHaveLength(1);
});
