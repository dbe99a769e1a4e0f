import { expect, it } from 'vitest';
import { cloudEventOf, runEventOf, sequenceOf } from './cloud-event.ts';
import type { RunEvent } from './run-event.ts';

const event: RunEvent = {
  time: '2026-01-02T03:04:05.006Z',
  runId: '3f2a9c04-0000-4000-8000-000000000001',
  sequence: 12,
  type: 'checkpoint.saved',
  step: 40,
  path: 's3://bucket/a',
  bytes: 7,
};

it('is CloudEvents 1.0, and the same event again when it is read', () => {
  const cloudEvent = cloudEventOf(event, 'demo-3f2a9c04');
  expect(cloudEvent).toEqual({
    specversion: '1.0',
    id: '3f2a9c04-0000-4000-8000-000000000001/12',
    source: '/atelier/runs/3f2a9c04-0000-4000-8000-000000000001',
    type: 'dev.atelier.checkpoint.saved',
    subject: 'demo-3f2a9c04',
    time: '2026-01-02T03:04:05.006Z',
    datacontenttype: 'application/json',
    sequence: '0000000000000012',
    data: { step: 40, path: 's3://bucket/a', bytes: 7 },
  });
  expect(runEventOf(JSON.parse(JSON.stringify(cloudEvent)))).toEqual(event);
});

it.each([
  ['another type', { type: 'dev.atelier.moon.risen' }],
  ['a field too few', { data: { step: 40, bytes: 7 } }],
  ['a field of another kind', { data: { step: '40', path: '', bytes: 7 } }],
  ['another source', { source: '/elsewhere' }],
])('does not take %s', (_, change) => {
  expect(() => runEventOf({ ...cloudEventOf(event, 'demo-3f2a9c04'), ...change })).toThrow();
});

it('tells a message of this run from those of others', () => {
  expect(sequenceOf('run/12', 'run')).toBe(12);
  expect(sequenceOf('other/12', 'run')).toBeUndefined();
  expect(sequenceOf('', 'run')).toBeUndefined();
  expect(sequenceOf('run/x', 'run')).toBeUndefined();
});
