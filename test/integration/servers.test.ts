import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Client } from 'minio';
import { expect, it } from 'vitest';
import { isRunning } from '../harness/is-running.ts';
import { findChromium } from '../harness/servers/chromium.ts';
import { startMinio } from '../harness/servers/minio-server.ts';
import { startNats } from '../harness/servers/nats-server.ts';
import { startPrometheus } from '../harness/servers/prometheus-server.ts';
import { findPromtool } from '../harness/servers/promtool.ts';

/** Of a wait. Only a machine that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 120_000;
const FIXTURE = fileURLToPath(new URL('../harness/servers/guarded.fixture.ts', import.meta.url));

it('keeps a stream of NATS through a kill', async () => {
  const login = { user: 'tester', password: 'secret' };
  await using nats = await startNats({ login });
  const publish = async () => {
    const connection = await connect({ servers: nats.url, user: login.user, pass: login.password });
    await (await jetstreamManager(connection)).streams.add({ name: 'events', subjects: ['events.>'] });
    const { seq } = await jetstream(connection).publish('events.one', 'hello');
    await connection.close();
    return seq;
  };
  expect(await publish()).toBe(1);
  await nats.kill();
  await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow();
  await nats.restart();
  expect(await publish()).toBe(2);
});

it('keeps an object of MinIO through a kill, and shows its files', async () => {
  await using minio = await startMinio();
  const client = clientOf(minio);
  await client.makeBucket('bucket');
  await client.putObject('bucket', 'a/key', 'hello');
  await minio.kill();
  await minio.restart();
  expect((await client.statObject('bucket', 'a/key')).size).toBe(5);
  const files = await minio.objectFiles('bucket', 'a/key');
  expect(files.map((file) => existsSync(file))).toEqual([true]);
});

it('fills the disk of MinIO', async () => {
  await using minio = await startMinio({ diskBytes: 64 * 2 ** 20 });
  const client = clientOf(minio);
  await client.makeBucket('bucket');
  await client.putObject('bucket', 'small', Buffer.alloc(2 ** 20));
  await expect(client.putObject('bucket', 'large', Buffer.alloc(70 * 2 ** 20))).rejects.toMatchObject({
    code: 'XMinioStorageFull',
  });
});

it('freezes a server, which then says nothing until it is woken', async () => {
  await using minio = await startMinio();
  const ask = (withinMs: number) =>
    fetch(`${minio.endpoint}/minio/health/live`, { signal: AbortSignal.timeout(withinMs) });
  await minio.freeze();
  await expect(ask(500)).rejects.toMatchObject({ name: 'TimeoutError' });
  await minio.wake();
  await minio.freeze();
  await minio.restart();
  expect((await ask(DEADLINE_MS)).status).toBe(200);
});

it('scrapes with Prometheus what runs on this machine, and keeps it through a kill', async () => {
  await using minio = await startMinio();
  await using prometheus = await startPrometheus({
    jobs: { store: [{ address: minio.address, labels: { role: 'store' } }] },
    scrapeIntervalMs: 100,
  });
  const scraped = () => prometheus.query('timestamp(up)');
  await expect.poll(scraped, { timeout: DEADLINE_MS }).toHaveLength(1);
  // At the time of a sample that is there, nothing that is scraped later can be found.
  const at = Number((await scraped())[0]?.value[1]);
  const [before] = await prometheus.query('up', at);
  await prometheus.kill();
  await prometheus.restart();
  const [after] = await prometheus.query('up', at);
  expect(after).toEqual(before);
  expect(after?.metric).toMatchObject({ job: 'store', role: 'store', instance: minio.address });
});

it('ends a server and removes its folder when the process that started it is killed', async () => {
  const starter = spawn(process.execPath, [...process.execArgv, FIXTURE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [folder = ''] = await once(createInterface({ input: starter.stdout }), 'line');
  const serverPid = () => Number(readFileSync(join(folder, 'server.log'), 'utf8'));
  await expect.poll(serverPid, { timeout: DEADLINE_MS }).toBeGreaterThan(0);
  const pid = serverPid();
  starter.kill('SIGKILL');
  await expect.poll(() => isRunning(pid) || existsSync(folder), { timeout: DEADLINE_MS }).toBe(false);
});

it('finds a browser and promtool', () => {
  expect([findChromium(), findPromtool()].map((path) => existsSync(path))).toEqual([true, true]);
});

function clientOf(minio: {
  readonly address: string;
  readonly accessKey: string;
  readonly secretKey: string;
}): Client {
  const { hostname, port } = new URL(`http://${minio.address}`);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey: minio.accessKey,
    secretKey: minio.secretKey,
  });
}
