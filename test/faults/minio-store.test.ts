import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { listCheckpoints, loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import { writeCheckpoint } from '@atelier/shared/checkpoint/checkpoint-writer';
import { MinioStore } from '@atelier/shared/store/minio-store';
import { openStore } from '@atelier/shared/store/open-store';
import type { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NetworkLink } from '../harness/network-link.ts';
import { connectionTo, environmentFor, rootClient, storeOn } from '../harness/servers/minio-bucket.ts';
import { type MinioServer, startMinio } from '../harness/servers/minio-server.ts';
import { toyConfig, toyDefinition, toyFingerprint } from '../harness/toy-run.ts';

// Over 250 lines: one fault of the store a test, over one set-up.

const BUCKET = 'faults';
const PART_BYTES = 5 * 2 ** 20;

let server: MinioServer;
let root: Client;
let store: MinioStore;
beforeAll(async () => {
  server = await startMinio();
  root = rootClient(server);
  await root.makeBucket(BUCKET);
  store = storeOn(server, BUCKET);
});
afterAll(() => server[Symbol.asyncDispose]());

/** The path of the file on the server's disk that holds an object's bytes. */
async function diskFileOf(key: string): Promise<string> {
  const files = await server.objectFiles(BUCKET, key);
  return files.find((file) => file.endsWith('part.1')) ?? files[0] ?? '';
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  await writeFile(path, bytes);
}

/** A store that puts in parts, behind a link that can stand still in the middle of one. */
function throughLink(link: NetworkLink): MinioStore {
  const endpoint = new URL(`http://${link.address}`);
  return storeOn(server, BUCKET, { endpoint, partBytes: PART_BYTES });
}

async function refusal(promise: Promise<unknown>): Promise<{ code: unknown; message: unknown }> {
  const error: unknown = await promise.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error && 'code' in error)) throw error;
  return { code: error.code, message: error.message };
}

describe('a MinIO server that', () => {
  it('is down is unavailable, by its address and what to do; up again it serves the same store', async () => {
    await store.put('before', Uint8Array.of(1));
    await server.kill();
    expect(await refusal(store.get('before'))).toEqual({
      code: 'unavailable',
      message: `s3://faults: cannot read before: ${server.endpoint} cannot be reached (ECONNREFUSED): start it, or check AWS_ENDPOINT_URL_S3 and the network`,
    });
    expect(await refusal(store.put('during', Uint8Array.of(1)))).toMatchObject({ code: 'unavailable' });
    expect(await refusal(store.list(''))).toMatchObject({ code: 'unavailable' });
    await server.restart();
    expect(await store.get('before')).toEqual(Uint8Array.of(1));
    expect(await store.list('during')).toEqual([]);
  });

  it('is killed in the middle of an upload holds nothing of it, and the next upload leaves no parts behind', async () => {
    await using link = await NetworkLink.open(server.address);
    const parts = storeOn(server, BUCKET, { partBytes: PART_BYTES });
    const large = randomBytes(3 * PART_BYTES);
    const held = link.holdInPush();
    const upload = refusal(throughLink(link).put('large', large));
    await held;
    await server.kill();
    link.release();
    expect(await upload).toMatchObject({ code: 'unavailable' });
    await server.restart();
    expect(await parts.list('large')).toEqual([]);
    expect(await root.findUploadId(BUCKET, 'large')).toBeDefined();
    await parts.put('large', large);
    expect(Buffer.compare(await parts.get('large'), large)).toBe(0);
    expect(await root.findUploadId(BUCKET, 'large')).toBeUndefined();
  });

  it('hangs is given up after its time, and serves again when it wakes', async () => {
    const impatient = storeOn(server, BUCKET, { requestMs: 200 });
    await impatient.put('hanging', Uint8Array.of(1));
    await server.freeze();
    try {
      const refusals = [
        impatient.put('hanging', Uint8Array.of(2)),
        impatient.get('hanging'),
        impatient.getRange('hanging', 0, 1),
        impatient.list(''),
        impatient.remove('hanging'),
      ].map(refusal);
      const message = expect.stringContaining('did not answer within 0.2 s');
      for (const found of await Promise.all(refusals))
        expect(found).toEqual({ code: 'unavailable', message });
    } finally {
      await server.wake();
    }
    // What it had received before it hung, it may do afterwards.
    await impatient.put('hanging', Uint8Array.of(3));
    expect(await impatient.get('hanging')).toEqual(Uint8Array.of(3));
  });

  it('is left by a signal at once, also in the middle of an upload, of which no part stays', async () => {
    await using link = await NetworkLink.open(server.address);
    const parts = throughLink(link);
    const stop = new AbortController();
    const held = link.holdInPush();
    const upload = refusal(parts.put('left', randomBytes(3 * PART_BYTES), stop.signal));
    await held;
    expect(await root.findUploadId(BUCKET, 'left')).toBeDefined();
    stop.abort();
    link.release();
    const message = expect.stringContaining('gave up trying to write left');
    expect(await upload).toEqual({ code: 'unavailable', message });
    expect(await root.findUploadId(BUCKET, 'left')).toBeUndefined();
    expect(await parts.list('left')).toEqual([]);
  });

  it('is full says so, and still gives back what it has', async () => {
    await using small = await startMinio({ diskBytes: 128 * 2 ** 20 });
    await rootClient(small).makeBucket(BUCKET);
    const filled = storeOn(small, BUCKET);
    await filled.put('first', Uint8Array.of(1));
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 32; i++) await filled.put(`more/${i}`, randomBytes(8 * 2 ** 20));
    };
    const message = expect.stringContaining(`${small.endpoint} is full: free or add disk space there`);
    expect(await refusal(fill())).toEqual({ code: 'unavailable', message });
    expect(await filled.get('first')).toEqual(Uint8Array.of(1));
  });
});

describe('a person is told what to do when', () => {
  it('the bucket is missing', async () => {
    const message = `s3://nowhere: cannot list: ${server.endpoint} has no bucket nowhere: create it (mc mb ALIAS/nowhere), or give another (NoSuchBucket)`;
    const nowhere = storeOn(server, 'nowhere');
    expect(await refusal(nowhere.list(''))).toEqual({ code: 'no-bucket', message });
    expect(await refusal(nowhere.put('key', Uint8Array.of(1)))).toMatchObject({ code: 'no-bucket' });
    expect(await refusal(nowhere.get('key'))).toMatchObject({ code: 'no-bucket' });
  });

  it.each([
    ['the access key is unknown', { accessKey: 'nobody' }, 'nobody: check AWS_ACCESS_KEY_ID'],
    ['the secret is wrong', { secretKey: 'a-wrong-secret' }, 'check AWS_SECRET_ACCESS_KEY'],
    ['a session token is wrong', { sessionToken: 'no-token' }, 'renew AWS_SESSION_TOKEN'],
  ])('%s', async (_, credentials, advice) => {
    const wrong = new MinioStore({ ...connectionTo(server), bucket: BUCKET, prefix: '', ...credentials });
    const message = expect.stringContaining(advice);
    expect(await refusal(wrong.list(''))).toEqual({ code: 'denied', message });
    expect(await refusal(wrong.put('key', Uint8Array.of(1)))).toEqual({ code: 'denied', message });
  });

  it('the credentials are not set, or the endpoint is none', async () => {
    const { AWS_SECRET_ACCESS_KEY: _, ...half } = environmentFor(server);
    const opened = (env: NodeJS.ProcessEnv) => async () => openStore('s3://faults/x', '.', env);
    expect(await refusal(opened(half)())).toMatchObject({
      code: 'denied',
      message: expect.stringContaining('set AWS_SECRET_ACCESS_KEY'),
    });
    const noUrl = { ...environmentFor(server), AWS_ENDPOINT_URL_S3: '127.0.0.1:9000' };
    expect(await refusal(opened(noUrl)())).toMatchObject({
      message: expect.stringContaining('AWS_ENDPOINT_URL_S3: got "127.0.0.1:9000", wanted http://host:port'),
    });
  });

  it('the endpoint speaks plain HTTP and https was asked for', async () => {
    const endpoint = new URL(server.endpoint.replace('http:', 'https:'));
    const wrong = new MinioStore({ ...connectionTo(server), endpoint, bucket: BUCKET, prefix: '' });
    const message = expect.stringContaining('check http or https, and the port, in AWS_ENDPOINT_URL_S3');
    expect(await refusal(wrong.list(''))).toEqual({ code: 'unavailable', message });
  });

  it("this machine's clock is wrong", async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    try {
      const message = expect.stringContaining('differ by more than 15 minutes: set them (NTP)');
      expect(await refusal(store.list(''))).toEqual({ code: 'denied', message });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('an object', () => {
  const large = randomBytes(3_000_000);

  it.each([
    ['altered', (path: string) => flipByte(path, 1_500_000)],
    ['cut short', (path: string) => truncate(path, 1_500_000)],
    ['removed', (path: string) => rm(path)],
  ])("is damaged and not missing when its file on the server's disk was %s", async (how, damage) => {
    const key = `damaged/${how.replace(' ', '-')}`;
    await store.put(key, large);
    await damage(await diskFileOf(key));
    expect(await refusal(store.get(key))).toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(key),
    });
    await store.put(key, large);
    expect(Buffer.compare(await store.get(key), large)).toBe(0);
  });

  it('is damaged when another program has put other bytes under its checksum', async () => {
    await store.put('object', Uint8Array.of(1, 2, 3));
    const sha256 = createHash('sha256')
      .update(Uint8Array.of(1, 2, 3))
      .digest('hex');
    await root.putObject(BUCKET, 'object', Buffer.of(1, 2, 4), 3, { sha256 });
    expect(await refusal(store.get('object'))).toMatchObject({ code: 'damaged' });
  });
});

describe('a checkpoint in a bucket', () => {
  const META = {
    ...{ runId: 'run-1', createdAt: '2026-01-01T00:00:00.000Z' },
    ...{ config: toyConfig(), definition: toyDefinition, fingerprint: toyFingerprint },
  };
  const snapshotOf = (step: number) => ({
    step,
    groups: Object.fromEntries(
      toyDefinition.groups.map((group, i) => [
        group.name,
        {
          version: step / 2,
          parameters: new Float32Array(i === 0 ? 6 : 3).fill(step),
          slots: {},
          ema: undefined,
          statistics: new Float32Array(i === 0 ? 2 : 0),
        },
      ]),
    ),
  });

  it.each([
    [
      'altered',
      (bytes: Buffer) => Buffer.from(bytes.map((value, i) => (i === bytes.length - 1 ? value ^ 1 : value))),
    ],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 4)],
  ])('is not used when a file of it was %s by another program: the one before is', async (how, damage) => {
    const place = storeOn(server, BUCKET, { prefix: `checkpoint-${how.replace(' ', '-')}/` });
    for (const step of [2, 4]) await writeCheckpoint(place, snapshotOf(step), META);
    const [newest] = await listCheckpoints(place);
    const file = `${newest?.key}critic.safetensors`;
    const name = `checkpoint-${how.replace(' ', '-')}/${file}`;
    await root.putObject(BUCKET, name, damage(Buffer.from(await place.get(file))));
    const { checkpoint, damaged } = await loadNewestGood(place);
    expect(checkpoint?.snapshot).toEqual(snapshotOf(2));
    expect(damaged).toMatchObject([{ step: 4, reason: expect.stringContaining(file) }]);
  });
});
