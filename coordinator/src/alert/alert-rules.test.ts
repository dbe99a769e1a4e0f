import { expect, it } from 'vitest';
import { type AlertFacts, decideAlerts } from './alert-rules.ts';

const allWell: AlertFacts = {
  failedCheckpoints: 0,
  withoutWorkersMs: 0,
  refusedWorkers: 0,
  eventServerAwayMs: 0,
  areEventsOverflowing: false,
};

it.each([
  ['checkpoints-failing', { failedCheckpoints: 2 }, { failedCheckpoints: 1 }],
  ['no-workers', { withoutWorkersMs: 60_001 }, { withoutWorkersMs: 60_000 }],
  ['workers-refused', { refusedWorkers: 5 }, { refusedWorkers: 4 }],
  ['event-server-away', { eventServerAwayMs: 60_001 }, { eventServerAwayMs: 60_000 }],
  ['events-overflowing', { areEventsOverflowing: true }, {}],
] as const)('%s holds when it is more than the run can bear, and not before', (alert, bad, bearable) => {
  expect(decideAlerts({ ...allWell, ...bad }).map((held) => held.alert)).toEqual([alert]);
  expect(decideAlerts({ ...allWell, ...bearable })).toEqual([]);
});
