import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disk } from '@atelier/shared/disk/disk';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import { haltingDisk } from '@atelier/shared/disk/testing/halting-disk';
import type { RunEvent } from '@atelier/shared/events/run-event';
import pino from 'pino';
import { expect, it } from 'vitest';
import { JsonlEventBus } from './jsonl-event-bus.ts';

const log = pino({ level: 'silent' });
const eventAt = (sequence: number): RunEvent => ({
  ...{ time: '2026-11-30T00:00:00.000Z', runId: 'r', sequence, type: 'run.paused', step: 1 },
});

/** A disk that takes so many bytes a write, and so many in all. */
class NarrowDisk {
  #free = Number.POSITIVE_INFINITY;

  fill(free: number): void {
    this.#free = free;
  }

  readonly disk: Disk = {
    ...systemDisk,
    writeSync: (file, bytes, offset, length) => {
      if (this.#free === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      const written = systemDisk.writeSync(file, bytes, offset, Math.min(length, 10, this.#free));
      this.#free -= written;
      return written;
    },
  };
}

it('writes a whole line also where the disk takes a part of it at a time', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'events-')), 'events.jsonl');
  const bus = new JsonlEventBus(path, { disk: new NarrowDisk().disk, log });
  bus.publish(eventAt(0));
  expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(eventAt(0))}\n`);
});

it('goes on counting where the disk gives what is read in pieces', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'events-')), 'events.jsonl');
  const first = new JsonlEventBus(path, { disk: systemDisk, log });
  first.publish(eventAt(7));
  await first.close();
  expect(new JsonlEventBus(path, { disk: haltingDisk, log }).lastSequence).toBe(7);
});

it('begins a new line after one that a full disk has cut short', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'events-')), 'events.jsonl');
  const narrow = new NarrowDisk();
  const bus = new JsonlEventBus(path, { disk: narrow.disk, log });
  narrow.fill(25);
  bus.publish(eventAt(0));
  narrow.fill(Number.POSITIVE_INFINITY);
  bus.publish(eventAt(1));
  const cut = JSON.stringify(eventAt(0)).slice(0, 25);
  expect(readFileSync(path, 'utf8')).toBe(`${cut}\n${JSON.stringify(eventAt(1))}\n`);
});
