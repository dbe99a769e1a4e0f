import { MinioStore } from '@atelier/shared/store/minio-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionTo, rootClient, storeOn } from '../harness/servers/minio-bucket.ts';
import { type MinioServer, startMinio } from '../harness/servers/minio-server.ts';
import { describeObjectStore } from './object-store.ts';

const PART_BYTES = 5 * 2 ** 20;

let server: MinioServer;
beforeAll(async () => {
  server = await startMinio();
  const root = rootClient(server);
  for (const bucket of ['plain', 'versioned']) await root.makeBucket(bucket);
  await root.setBucketVersioning('versioned', { Status: 'Enabled' });
});
afterAll(() => server[Symbol.asyncDispose]());

let numStores = 0;
function newPlace(bucket: string): MinioStore {
  numStores += 1;
  return new MinioStore({
    ...connectionTo(server),
    bucket,
    prefix: `some/place-${numStores}/`,
    partBytes: PART_BYTES,
  });
}

describeObjectStore('MinioStore', async () => newPlace('plain'));
describeObjectStore('MinioStore with versioning', async () => newPlace('versioned'));

describe('MinioStore', () => {
  it('puts a large object in parts and gives it back, whole and by range', async () => {
    const store = newPlace('plain');
    const large = new Uint8Array(4.5 * PART_BYTES).map((_, i) => (i * 31) >> 3);
    await store.put('large', large);
    expect(Buffer.compare(await store.get('large'), large)).toBe(0);
    // Across the seam of two parts.
    const seam = await store.getRange('large', PART_BYTES - 5, 10);
    expect(Buffer.compare(seam, large.subarray(PART_BYTES - 5, PART_BYTES + 5))).toBe(0);
    const { etag } = await rootClient(server).statObject(
      'plain',
      `${store.location.split('/').slice(3).join('/')}/large`,
    );
    expect(etag).toMatch(/-5$/);
  });

  it('lists more keys than the server gives at once', async () => {
    const store = newPlace('plain');
    const keys = Array.from({ length: 1_100 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
    for (let i = 0; i < keys.length; i += 50) {
      await Promise.all(keys.slice(i, i + 50).map((key) => store.put(key, Uint8Array.of(1))));
    }
    expect(await store.list('many/')).toEqual(keys);
  });

  it('sees only what lies under its prefix, and the whole bucket without one', async () => {
    const [one, other] = [newPlace('plain'), newPlace('plain')];
    await one.put('mine', Uint8Array.of(1));
    expect(await other.list('')).toEqual([]);
    const key = `${one.location.slice('s3://plain/'.length)}/mine`;
    expect(await storeOn(server, 'plain').list(key)).toEqual([key]);
  });
});
