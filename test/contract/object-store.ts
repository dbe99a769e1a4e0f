import { type ObjectStore, ObjectStoreError } from '@atelier/shared/store/object-store';
import { describe, expect, it } from 'vitest';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const codeOf = (error: unknown): unknown => (error instanceof ObjectStoreError ? error.code : error);

/**
 * What every ObjectStore must do. `create` gives an empty one.
 * Run it in a test file of each implementation.
 */
export function describeObjectStore(name: string, create: () => Promise<ObjectStore>): void {
  describe(`${name} as object store`, () => {
    it('gives back the bytes that were put, also none and many', async () => {
      const store = await create();
      const many = new Uint8Array(3_000_001).map((_, i) => i * 7);
      await store.put('a/few', bytes(1, 2, 3));
      await store.put('a/none', bytes());
      await store.put('a/many', many);
      expect(bytes(...(await store.get('a/few')))).toEqual(bytes(1, 2, 3));
      expect((await store.get('a/none')).byteLength).toBe(0);
      expect(Buffer.compare(await store.get('a/many'), many)).toBe(0);
    });

    it('gives a part of an object, and says truncated when the object ends before', async () => {
      const store = await create();
      await store.put('object', bytes(0, 1, 2, 3, 4, 5));
      expect(bytes(...(await store.getRange('object', 2, 3)))).toEqual(bytes(2, 3, 4));
      expect(bytes(...(await store.getRange('object', 0, 6)))).toEqual(bytes(0, 1, 2, 3, 4, 5));
      expect(await store.getRange('object', 4, 3).catch(codeOf)).toBe('truncated');
      expect(await store.getRange('object', 6, 1).catch(codeOf)).toBe('truncated');
      expect(await store.getRange('nothing', 0, 1).catch(codeOf)).toBe('not-found');
    });

    it('puts the new bytes in the place of the old', async () => {
      const store = await create();
      await store.put('key', bytes(1, 2, 3, 4));
      await store.put('key', bytes(9));
      expect(bytes(...(await store.get('key')))).toEqual(bytes(9));
      expect(await store.list('')).toEqual(['key']);
    });

    it('says not-found for what is not there, also for the folder of a key', async () => {
      const store = await create();
      await store.put('folder/object', bytes(1));
      for (const key of ['nothing', 'folder', 'folder/object/below', 'folder/nothing']) {
        expect(await store.get(key).catch(codeOf)).toBe('not-found');
      }
    });

    it('lists the keys under a prefix in order, whole names or not', async () => {
      const store = await create();
      expect(await store.list('')).toEqual([]);
      for (const key of ['b/2', 'b/10', 'a/x/y', 'b/1', 'bc']) await store.put(key, bytes(0));
      expect(await store.list('')).toEqual(['a/x/y', 'b/1', 'b/10', 'b/2', 'bc']);
      expect(await store.list('b/')).toEqual(['b/1', 'b/10', 'b/2']);
      expect(await store.list('b/1')).toEqual(['b/1', 'b/10']);
      expect(await store.list('c')).toEqual([]);
    });

    it('removes an object, leaves its neighbours, and does not mind when it is gone', async () => {
      const store = await create();
      await store.put('a/1', bytes(1));
      await store.put('a/2', bytes(2));
      await store.remove('a/1');
      await store.remove('a/1');
      await store.remove('never/was');
      expect(await store.list('')).toEqual(['a/2']);
      await store.remove('a/2');
      expect(await store.list('')).toEqual([]);
      await store.put('a', bytes(3));
      expect(await store.list('')).toEqual(['a']);
    });

    it('keeps objects apart that are written at the same time', async () => {
      const store = await create();
      const numbers = Array.from({ length: 20 }, (_, i) => i);
      await Promise.all(numbers.map((i) => store.put(`many/${i}`, new Uint8Array(10_000).fill(i))));
      const read = await Promise.all(numbers.map((i) => store.get(`many/${i}`)));
      expect(read.map((content) => content.every((value, _, all) => value === all[0]) && content[0])).toEqual(
        numbers,
      );
    });

    it.each(['../outside', 'a/../../outside', '/absolute', 'a//b', 'a/', '', '.hidden', 'a\\b', 'nul\0'])(
      'refuses the key %j whatever is asked of it',
      async (key) => {
        const store = await create();
        expect(await store.put(key, bytes(1)).catch(codeOf)).toBe('bad-key');
        expect(await store.get(key).catch(codeOf)).toBe('bad-key');
        expect(await store.remove(key).catch(codeOf)).toBe('bad-key');
        expect(await store.list('')).toEqual([]);
      },
    );

    it('stops at an aborted signal and writes nothing', async () => {
      const store = await create();
      const signal = AbortSignal.abort();
      expect(await store.put('key', bytes(1), signal).catch(codeOf)).toBe('unavailable');
      expect(await store.get('key', signal).catch(codeOf)).toBe('unavailable');
      expect(await store.list('')).toEqual([]);
    });
  });
}
