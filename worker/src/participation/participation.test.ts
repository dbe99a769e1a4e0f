import type { CoordinatorMessage } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import { createReducerClient } from '@atelier/proto/services';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { WorkerMetrics } from '../metrics/worker-metrics.ts';
import type { ParticipationEnd } from './participation.ts';
import { Participation } from './participation.ts';

/** How it ends for a worker that hears these messages, and then nothing. */
async function endAfter(...messages: readonly CoordinatorMessage[]): Promise<ParticipationEnd> {
  const reducer = createReducerClient('127.0.0.1:1');
  const memory = new SharedMemory({ onOff: () => {} });
  const participation = new Participation({
    stream: {
      send: () => {},
      close: () => {},
      messages: (async function* () {
        yield* messages;
      })(),
    },
    reducer,
    memory,
    log: pino({ level: 'silent' }),
    metrics: new WorkerMetrics({ name: 'mine' }, { isIn: () => true, engine: () => undefined }),
    loadRun: () => Promise.reject(new Error('no run is loaded here')),
    onAccepted: () => {},
  });
  try {
    return await participation.run();
  } finally {
    reducer.close();
    memory.close();
  }
}

it('ends as the coordinator says', async () => {
  const refused = { code: 'fingerprint', message: 'another engine' };
  expect(await endAfter({ body: 'refused', refused })).toEqual({ kind: 'refused', ...refused });
  const unknown = { code: 'unknown-session', message: 'join again' };
  expect(await endAfter({ body: 'refused', refused: unknown })).toMatchObject({ kind: 'lost' });
  expect(await endAfter({ body: 'drained', drained: {} })).toEqual({ kind: 'drained' });
  const stop = { reason: 'the run is complete', reconnect: false };
  expect(await endAfter({ body: 'stop', stop })).toEqual({ kind: 'over', reason: stop.reason });
  expect(await endAfter()).toMatchObject({ kind: 'lost' });
});

it('takes no part where it does not know what it is asked for', async () => {
  await expect(endAfter({})).rejects.toMatchObject({
    code: 'unknown-message',
    message: expect.stringContaining('same version'),
  });
});
