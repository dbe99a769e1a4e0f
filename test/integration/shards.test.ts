import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run as atelier } from '@atelier/cli/main';
import type { DatasetConfig } from '@atelier/shared/config/run-config';
import { packShards } from '@atelier/shared/shards/pack-shards';
import { packedPictures } from '@atelier/worker/data/packed-pictures';
import { openDataset } from '@atelier/worker/datasets/open-dataset';
import { openPictures } from '@atelier/worker/datasets/open-pictures';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { LogLines } from '../harness/log-lines.ts';
import { environmentFor, rootClient, storeOn } from '../harness/servers/minio-bucket.ts';
import { type MinioServer, startMinio } from '../harness/servers/minio-server.ts';
import { shardsIn, shortRun, startWorker } from '../harness/short-run.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';

const DEADLINE_MS = 120_000;
/** Of two or three pictures: while a run has not seen all of them, it needs the server. */
const SHARD_BYTES = 4_096;

let home = '';
let server: MinioServer;
/** The digest of the run that trains on the pictures themselves. */
let fromPictures = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'shards-'));
  fromPictures = await digestOf();
  server = await startMinio();
  await rootClient(server).makeBucket('data');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});
afterEach(() => vi.unstubAllEnvs());

function stubEnvironment(changes: Readonly<Record<string, string>> = {}): void {
  const env = { ...environmentFor(server), ATELIER_CACHE: join(home, 'cache'), ...changes };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
}

async function packSmallShards(images: string): Promise<void> {
  const source = await openPictures({ kind: 'idx', images }, { size: undefined });
  const { name, labels, contentDigest: recipe } = source;
  const options = { source: name, recipe, labels, shardBytes: SHARD_BYTES, isForced: false };
  await packShards(packedPictures(source), options, { store: storeOn(server, 'data', { prefix: 'small/' }) });
}

async function digestOf(data?: DatasetConfig): Promise<string> {
  const config = shortRun(home, { ...(data && { data }), minWorkers: 1 });
  await using coordinator = await ToyCoordinator.start({ folder: await mkdtemp(join(home, 'run-')), config });
  startWorker(coordinator.address, 'alone');
  expect(await coordinator.finished).toMatchObject({ kind: 'completed' });
  return (await coordinator.digest()).digest;
}

it('ends in the same bits from packed shards as from the pictures themselves', async () => {
  const path = join(home, 'packed');
  expect(await atelier(['data', 'pack', `idx:${join(home, 'pictures.idx')}`, '--out', path])).toBe(0);
  expect(await digestOf(shardsIn(path))).toBe(fromPictures);
});

it('waits for a data store that is killed in the middle of a run, and ends in the same bits', async () => {
  stubEnvironment();
  await packSmallShards(join(home, 'pictures.idx'));
  const config = shortRun(home, { data: shardsIn('s3://data/small'), minWorkers: 2 });
  await using coordinator = await ToyCoordinator.start({ folder: await mkdtemp(join(home, 'run-')), config });
  const says = new LogLines();
  const [stays, leaves] = ['stays', 'leaves'].map((name) => startWorker(coordinator.address, name, says.log));
  await coordinator.untilStep(3);
  await coordinator.operate('pause');
  await server.kill();
  await coordinator.operate('resume');
  await says.until('data store not available', 1, AbortSignal.timeout(DEADLINE_MS));
  // Neither one that reads nor one that opens is kept from leaving.
  const newcomer = startWorker(coordinator.address, 'newcomer', says.log);
  await says.until('data store not available', 3, AbortSignal.timeout(DEADLINE_MS));
  await Promise.all([leaves?.stop(), newcomer.stop()]);
  await expect
    .poll(async () => (await coordinator.status()).workers.map(({ name }) => name), { timeout: DEADLINE_MS })
    .toEqual(['stays']);
  await server.restart();
  await says.until('data store available again', 1, AbortSignal.timeout(DEADLINE_MS));
  expect(await coordinator.finished).toMatchObject({ kind: 'completed' });
  expect(await stays?.finished).toEqual({ kind: 'over', reason: 'completed' });
  expect((await coordinator.digest()).digest).toBe(fromPictures);
  const lost = (await coordinator.events()).filter(({ type }) => type === 'worker.lost');
  expect(JSON.stringify(lost)).not.toContain('stays');
});

it('packs to a bucket, verifies it, and says what is wrong with a place that cannot be read', async () => {
  stubEnvironment();
  const place = 's3://data/whole';
  expect(await atelier(['data', 'pack', `idx:${join(home, 'pictures.idx')}`, '--out', place])).toBe(0);
  expect(await atelier(['data', 'verify', place])).toBe(0);
  const open = (path: string) => openDataset(shardsIn(path), { size: 32, channels: 1 });
  await expect(open('s3://data/nothing')).rejects.toMatchObject({ code: 'no-index' });
  await expect(open('s3://no-such-bucket/whole')).rejects.toMatchObject({ code: 'no-bucket' });
  stubEnvironment({ AWS_SECRET_ACCESS_KEY: 'wrong' });
  await expect(open(place)).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining('AWS_SECRET_ACCESS_KEY'),
  });
  stubEnvironment();
  await rootClient(server).putObject('data', 'whole/shard-000000.tar', Buffer.from('damaged'));
  expect(await atelier(['data', 'verify', place])).toBe(1);
});
