import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { Deferred } from '@atelier/shared/async/deferred';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { ObjectStoreError } from '@atelier/shared/store/object-store';
import { systemClock } from '@atelier/shared/time/system-clock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventLog } from '../events/event-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import type { ReducerLink } from './reducer-link.ts';
import { RunReducers } from './run-reducers.ts';

const CONFIG = runConfigSchema.parse({
  iterations: 1,
  model: { preset: 'none' },
  optimizers: {},
  reducers: 2,
});
/** Of a model without parameters: what reducers hold does not matter here. */
const DEFINITION = { model: 'none', groups: [], phases: [], domains: [] };

const told: string[] = [];
const events: string[] = [];
let save: () => Promise<unknown>;
let reducers: RunReducers;

beforeEach(() => {
  told.length = 0;
  events.length = 0;
  save = async () => undefined;
  const log = new EventLog({ runId: 'run', firstSequence: 0 }, { buses: [], clock: systemClock });
  log.subscribe((event: RunEvent) => events.push(event.type));
  reducers = new RunReducers(
    { config: CONFIG, identity: { runId: 'run', incarnation: 'life' } },
    {
      events: log,
      newId: randomUUID,
      owner: {
        gathered: () => told.push('gathered'),
        lost: () => told.push('lost'),
        whole: () => told.push('whole'),
        failed: (error) => told.push(String(error)),
        save: () => save(),
      },
    },
  );
});

/** A reducer that does at once whatever it is asked. */
function linkOf(id: string): ReducerLink & { released: boolean } {
  return {
    ...{ id, name: id, address: 'here:1', memoryId: '', released: false },
    load: async () => {},
    prepare: async () => ({
      squares: new Float64Array(),
      nonFinite: undefined,
      fragmentSums: new Float64Array(),
    }),
    commit: async () => {},
    abandon: async () => {},
    snapshot: async () => ({ parts: Promise.resolve([]) }),
    release() {
      this.released = true;
    },
    stop: () => {},
    close: () => {},
  };
}

async function form(...links: ReducerLink[]): Promise<void> {
  for (const link of links) reducers.add(link);
  await reducers.hold(DEFINITION, { step: 0, groups: {} });
  expect(reducers.isFormed).toBe(true);
  told.length = 0;
  events.length = 0;
}

it('takes what a reducer held for lost when it comes again before its loss is known', async () => {
  const [first, second] = [linkOf('first'), linkOf('second')];
  await form(first, second);

  const again = linkOf('first');
  reducers.add(again);
  expect(reducers.isFormed).toBe(false);
  expect(told).toEqual(['lost', 'gathered']);
  expect(events).toEqual(['reducer.lost', 'reducer.joined']);

  // The old stream ends at last: that is not the one that is here.
  reducers.remove(first, 'it ended its stream');
  expect(reducers.set.present).toEqual([second, again]);
});

it('tells of a reducer whose loss a failed call shows before its stream ends', async () => {
  const [first, second] = [linkOf('first'), linkOf('second')];
  await form(first, second);
  const gone = Object.assign(new Error('connection lost'), { code: 14 });
  first.prepare = () => Promise.reject(gone);

  await expect(reducers.set.exclusively((formed) => formed.prepare(0, 0))).rejects.toThrow('connection lost');
  expect(events).toEqual(['reducer.lost']);
  expect(told).toEqual(['lost']);
  reducers.remove(first, 'it ended its stream');
  expect(events).toEqual(['reducer.lost']);
});

it('tells of a reducer that is lost before it holds its slice', async () => {
  const [first, second] = [linkOf('first'), linkOf('second')];
  first.load = () => Promise.reject(Object.assign(new Error('connection lost'), { code: 14 }));
  reducers.add(first);
  reducers.add(second);
  events.length = 0;
  await reducers.hold(DEFINITION, { step: 0, groups: {} });
  expect(events).toEqual(['reducer.lost']);
});

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeEach(() => process.on('unhandledRejection', note));
afterEach(() => process.off('unhandledRejection', note));

it('keeps a reducer that drains until the end while the run takes nothing new: its last state is being read', async () => {
  const [first, second] = [linkOf('first'), linkOf('second')];
  await form(first, second);
  save = async () => {
    throw new RefusedError('stopping', 'the coordinator is stopping and takes no new workers');
  };

  const asked = new Deferred<void>();
  const busy = reducers.set.exclusively(() => asked.promise);
  const drained = reducers.drain(first);
  await turn();
  asked.resolve();
  await Promise.all([busy, drained]);
  expect(first.released).toBe(false);
  expect(reducers.isFormed).toBe(true);
  expect(unhandled).toEqual([]);
});

it('lets a reducer go whose state cannot be saved now: it is in memory, and is tried again', async () => {
  const [first, second] = [linkOf('first'), linkOf('second')];
  await form(first, second);
  save = async () => {
    throw new ObjectStoreError('unavailable', 'the store is away');
  };
  await reducers.drain(first);
  expect(first.released).toBe(true);
  expect(reducers.set.present).toEqual([second]);
});
