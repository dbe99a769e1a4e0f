import type { EventBus, EventSource } from '@atelier/shared/events/event-bus';
import type { RunEvent, RunEventBody } from '@atelier/shared/events/run-event';
import { describe, expect, it } from 'vitest';

/** The place of one run's events. */
export interface EventPlace {
  readonly runId: string;
  /** One life of a coordinator. */
  open(): Promise<EventBus>;
  readonly source: EventSource;
}

/** What happened at this number of the run. */
export function eventAt(
  runId: string,
  sequence: number,
  body: RunEventBody = { type: 'run.paused', step: sequence },
): RunEvent {
  return { time: '2026-01-02T03:04:05.006Z', runId, sequence, ...body };
}

const ONE_OF_EACH: readonly RunEventBody[] = [
  { type: 'run.started', step: 0, incarnation: 'a' },
  { type: 'worker.joined', worker: 'erik-1', device: 'AVX2, "quoted" \n and in lines' },
  { type: 'worker.refused', worker: 'unknown', code: 'fingerprint', reason: 'other engine' },
  { type: 'block.reassigned', step: 1, node: '1/0', reason: 'late' },
  {
    type: 'step.committed',
    step: 1,
    iteration: 0,
    losses: { 'generator/total': 0.25, 'generator/è': -1e-9 },
  },
  { type: 'epoch.completed', domain: 'real', epoch: 0 },
  { type: 'checkpoint.saved', step: 2, path: '/runs/a/step-2', bytes: 5_000_000_000 },
  { type: 'sample.rendered', step: 2, iteration: 1, path: 'samples/1.png' },
  { type: 'alert.raised', alert: 'no-workers', reason: 'x'.repeat(100_000) },
  { type: 'alert.resolved', alert: 'no-workers' },
  { type: 'run.completed', step: 2 },
];

export async function allOf(source: EventSource, options = {}): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of source.read(options)) events.push(event);
  return events;
}

const sequencesOf = (events: readonly RunEvent[]): number[] => events.map(({ sequence }) => sequence);
const upTo = (end: number): number[] => Array.from({ length: end }, (_, sequence) => sequence);

/**
 * What every EventBus must do, with the source that reads it. `create` gives an empty place.
 * Run it in a test file of each implementation.
 */
export function describeEventBus(name: string, create: () => Promise<EventPlace>): void {
  describe(`${name} as event bus`, () => {
    it('gives back what was published, in order, to the last byte', async () => {
      const { runId, open, source } = await create();
      const bus = await open();
      const events = ONE_OF_EACH.map((body, sequence) => eventAt(runId, sequence, body));
      for (const event of events) bus.publish(event);
      await bus.close();
      expect(await allOf(source)).toEqual(events);
    });

    it('goes on in another life, and has each event once', async () => {
      const { runId, open, source } = await create();
      for (const [from, to] of [
        [0, 1],
        [1, 600],
        [600, 601],
      ] as const) {
        const bus = await open();
        for (let sequence = from; sequence < to; sequence += 1) bus.publish(eventAt(runId, sequence));
        await bus.close();
      }
      await (await open()).close();
      expect(sequencesOf(await allOf(source))).toEqual(upTo(601));
    });

    it('closes again, and takes nothing more', async () => {
      const { runId, open, source } = await create();
      const bus = await open();
      bus.publish(eventAt(runId, 0));
      await bus.close();
      await bus.close();
      bus.publish(eventAt(runId, 1));
      expect(sequencesOf(await allOf(source))).toEqual([0]);
    });

    it('is read from a sequence on', async () => {
      const { runId, open, source } = await create();
      const bus = await open();
      for (const sequence of upTo(10)) bus.publish(eventAt(runId, sequence));
      await bus.close();
      expect(sequencesOf(await allOf(source, { since: 7 }))).toEqual([7, 8, 9]);
      expect(await allOf(source, { since: 10 })).toEqual([]);
    });

    it('is followed: what was before, and each event when it comes, until the signal', async () => {
      const { runId, open, source } = await create();
      const bus = await open();
      bus.publish(eventAt(runId, 0));
      bus.publish(eventAt(runId, 1));
      const stop = new AbortController();
      const heard: number[] = [];
      for await (const { sequence } of source.read({ follow: true, signal: stop.signal })) {
        heard.push(sequence);
        if (sequence === 4) stop.abort();
        else if (sequence > 0) bus.publish(eventAt(runId, sequence + 1));
      }
      await bus.close();
      expect(heard).toEqual(upTo(5));
    });
  });
}
