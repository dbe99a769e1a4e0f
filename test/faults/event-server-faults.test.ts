import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NatsEventSource } from '@atelier/shared/events/nats-event-source';
import { DiscardPolicy, jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allOf } from '../contract/event-bus.ts';
import { DeliveredRun, upTo } from '../harness/delivered-run.ts';
import { FollowedRun } from '../harness/followed-run.ts';
import { type NatsServer, startNats } from '../harness/servers/nats-server.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig } from '../harness/toy-run.ts';

// Over 250 lines: one fault of the server a test, over one set-up.

const WAIT = 'event server unreachable; events wait in events.jsonl';
const DELIVERED = 'waiting events delivered';

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats[Symbol.asyncDispose]());

describe('every event once and in order, when the event server', () => {
  it('is down at first', async () => {
    const run = new DeliveredRun(nats.url);
    await nats.kill();
    const life = await run.open();
    run.publish(life, 700);
    expect(await run.heard.nth(WAIT, 0)).toMatchObject({ code: 'unreachable' });
    expect(life.nats).toMatchObject({ isConnected: false, depth: 700, delivered: 0 });
    await nats.restart();
    await run.heard.nth(DELIVERED, 0);
    await life.close();
    expect(life.nats).toMatchObject({ depth: 0, delivered: 700, undelivered: 0 });
    expect(await run.delivered()).toEqual(upTo(700));
    expect(run.heard.all(WAIT)).toHaveLength(1);
  });

  it('is killed again and again while they come', async () => {
    const run = new DeliveredRun(nats.url);
    const life = await run.open();
    for (let kill = 0; kill < 3; kill += 1) {
      await run.heard.nth(DELIVERED, kill);
      run.publish(life, 2_000);
      await nats.kill();
      await run.heard.nth(WAIT, kill);
      run.publish(life, 10);
      await nats.restart();
    }
    await run.heard.nth(DELIVERED, 3);
    await life.close();
    expect(await run.delivered()).toEqual(upTo(6_030));
    expect(run.heard.all(WAIT)).toHaveLength(3);
  });

  it('freezes', async () => {
    const run = new DeliveredRun(nats.url);
    const life = await run.open();
    run.publish(life, 100);
    await run.heard.nth(DELIVERED, 0);
    await nats.freeze();
    run.publish(life, 100);
    expect(await run.heard.nth(WAIT, 0)).toMatchObject({ code: 'unreachable' });
    await nats.wake();
    await run.heard.nth(DELIVERED, 1);
    await life.close();
    expect(await run.delivered()).toEqual(upTo(200));
  });

  it('is away until after the run, whose next life delivers them', async () => {
    const run = new DeliveredRun(nats.url);
    await nats.kill();
    const first = await run.open();
    run.publish(first, 50);
    await first.close();
    expect(first.nats.depth).toBe(50);
    await nats.restart();
    const second = await run.open();
    expect(second.nats.depth).toBe(50);
    await second.close();
    expect(await run.delivered()).toEqual(upTo(50));
  });
});

describe('every event once and in order, when the coordinator', () => {
  it('is killed between an acknowledgement and its note of it', async () => {
    const run = new DeliveredRun(nats.url);
    const before = join(run.folder, 'before.json');
    const first = await run.open();
    run.publish(first, 20);
    await first.close();
    copyFileSync(run.cursor, before);
    const second = await run.open();
    run.publish(second, 300);
    await second.close();
    // As if it had been killed before the note; and once with no note at all.
    copyFileSync(before, run.cursor);
    const third = await run.open();
    run.publish(third, 1);
    await third.close();
    rmSync(run.cursor);
    const fourth = await run.open();
    run.publish(fourth, 1);
    await fourth.close();
    expect(await run.delivered()).toEqual(upTo(322));
  });

  it('runs twice by mistake: each takes what the other has not', async () => {
    const run = new DeliveredRun(nats.url);
    const writing = await run.open();
    const other = await run.open({ cursor: `${run.cursor}.other` });
    run.publish(writing, 1_500);
    await Promise.all([writing.close(), other.close()]);
    expect(await run.delivered()).toEqual(upTo(1_500));
  });

  it('goes on in a folder that has lost what was told before: its new numbers are behind the old', async () => {
    const config = toyConfig({ name: 'wiped', events: { server: nats.url } });
    const first = await ToyCoordinator.start({ config });
    await first.stop();
    const told = await first.events();
    for (const name of ['events.jsonl', 'events-delivered.json']) rmSync(join(first.folder, name));
    const second = await ToyCoordinator.start({ config, folder: first.folder, resume: true });
    await second.stop();
    const all = await allOf(new NatsEventSource({ url: nats.url }, 'wiped'));
    expect(all).toEqual([...told, ...(await second.events())]);
    expect(all.map(({ type }) => type)).toEqual(['run.started', 'run.stopped', 'run.started', 'run.stopped']);
    expect(all[2]?.sequence).toBeGreaterThan(all[1]?.sequence ?? Number.POSITIVE_INFINITY);
  });

  it('shares its stream with other runs', async () => {
    const runs = [new DeliveredRun(nats.url), new DeliveredRun(nats.url), new DeliveredRun(nats.url)];
    const deliver = async (run: DeliveredRun) => {
      const life = await run.open();
      run.publish(life, 400);
      await life.close();
    };
    await Promise.all(runs.map(deliver));
    for (const run of runs) expect(await run.delivered()).toEqual(upTo(400));
  });
});

describe('too many events', () => {
  it('are given up from the oldest, counted, and said once', async () => {
    const run = new DeliveredRun(nats.url);
    await nats.kill();
    const life = await run.open({ maxWaiting: 100 });
    run.publish(life, 350);
    expect(life.nats.isOverflowing).toBe(true);
    await nats.restart();
    await run.heard.nth(DELIVERED, 0);
    await life.close();
    expect(life.nats).toMatchObject({ depth: 0, delivered: 100, undelivered: 250, isOverflowing: false });
    expect(await run.delivered()).toEqual(upTo(350, 250));
    expect(
      run.heard.all('more events wait than events.maxWaiting; the oldest will not be delivered'),
    ).toHaveLength(1);
  });
});

it('an event that the server would never take does not hold up the others', async () => {
  await using own = await startNats({ maxPayloadBytes: 8_000 });
  const run = new DeliveredRun(own.url);
  const life = await run.open();
  run.publish(life, 20);
  life.publish({ ...run.nextEvent(), type: 'run.failed', step: 1, reason: 'x'.repeat(8_000) });
  run.publish(life, 20);
  await life.close();
  expect(await run.delivered()).toEqual([...upTo(20), ...upTo(41, 21)]);
  expect(life.nats).toMatchObject({ delivered: 40, undelivered: 1, depth: 0 });
  expect(run.heard.all(WAIT)).toEqual([]);
});

describe('a stream that was there before', () => {
  it('is left as it is; when it is full, what it refuses waits for room, beyond its memory of ids', async () => {
    await using own = await startNats();
    const connection = await connect({ servers: own.url });
    const { streams } = await jetstreamManager(connection);
    const config = {
      name: 'theirs',
      subjects: ['atelier.>'],
      discard: DiscardPolicy.New,
      max_msgs: 120,
      duplicate_window: nanos(100),
    };
    await streams.add(config);
    const run = new DeliveredRun(own.url);
    const life = await run.open();
    run.publish(life, 400);
    expect(await run.heard.nth(WAIT, 0)).toMatchObject({ code: 'rejected' });
    expect(await run.delivered()).toEqual(upTo(120));
    await streams.update('theirs', { max_msgs: 121 });
    await run.heard.nth(WAIT, 1);
    await streams.update('theirs', { max_msgs: 1_000 });
    await run.heard.nth(DELIVERED, 2);
    await life.close();
    expect(await run.delivered()).toEqual(upTo(400));
    expect((await streams.list().next()).map(({ config: { name } }) => name)).toEqual(['theirs']);
    await connection.close();
  });

  it.each([
    ['takes only some of the events', 'other-stream', ['atelier.*.run.*']],
    ['has its name and takes none of them', 'rejected', ['something.else']],
  ])('and %s is a fault that is said', async (_, code, subjects) => {
    await using own = await startNats();
    const connection = await connect({ servers: own.url });
    await (await jetstreamManager(connection)).streams.add({ name: 'ATELIER', subjects });
    const run = new DeliveredRun(own.url);
    const life = await run.open();
    run.publish(life, 1);
    expect(await run.heard.nth(WAIT, 0)).toMatchObject({ code, reason: expect.stringContaining('stream') });
    await life.close();
    await connection.close();
  });
});

describe('a server that does not want us', () => {
  it('because of the password: once it is right, all is delivered', async () => {
    await using own = await startNats({ login: { user: 'atelier', password: 'right' } });
    const run = new DeliveredRun(own.url);
    const as = (password: string) => ({
      server: { url: own.url, credentials: { user: 'atelier', password } },
    });
    const wrong = await run.open(as('wrong'));
    run.publish(wrong, 10);
    expect(await run.heard.nth(WAIT, 0)).toMatchObject({
      code: 'unauthorized',
      reason: expect.stringContaining('NATS_PASSWORD'),
    });
    await wrong.close();
    const right = await run.open(as('right'));
    await right.close();
    expect(right.nats).toMatchObject({ delivered: 10, depth: 0 });
  });

  it('because its JetStream is off', async () => {
    await using own = await startNats({ jetStream: false });
    const run = new DeliveredRun(own.url);
    const life = await run.open();
    run.publish(life, 10);
    expect(await run.heard.nth(WAIT, 0)).toMatchObject({
      code: 'no-jetstream',
      reason: expect.stringContaining('start it with JetStream'),
    });
    await life.close();
    expect(life.nats.depth).toBe(10);
  });
});

it('a run whose events overflow tells a person, and when it is over', async () => {
  await nats.kill();
  const config = toyConfig({ events: { server: nats.url, maxWaiting: 3 } });
  await using coordinator = await ToyCoordinator.start({ config });
  using run = new FollowedRun(coordinator.folder);
  for (const method of ['pause', 'resume', 'pause'] as const) await coordinator.operate(method);
  const signal = AbortSignal.timeout(60_000);
  const raised = await run.until(() => run.all('alert.raised')[0], signal);
  expect(raised).toMatchObject({
    alert: 'events-overflowing',
    reason: expect.stringContaining('maxWaiting'),
  });
  await nats.restart();
  expect(await run.until(() => run.all('alert.resolved')[0], signal)).toMatchObject({ alert: raised.alert });
  expect(run.all('alert.raised')).toHaveLength(1);
});
