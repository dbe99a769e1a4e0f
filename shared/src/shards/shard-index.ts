import { z } from 'zod';
import { sha256Of } from '../sha256.ts';
import { type ObjectStore, ObjectStoreError } from '../store/object-store.ts';
import { type ExampleRecord, ExampleRecords, recordsBytes } from './example-records.ts';
import { ShardError } from './shard-error.ts';

/** Written last: without it there is no data set. */
export const INDEX_KEY = 'index.json';
export const RECORDS_KEY = 'index.bin';

const size = z.number().int().positive();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const shardEntrySchema = z.strictObject({
  key: z.string(),
  bytes: size,
  sha256: hash,
  numExamples: size,
});
/** One tar file. */
export type ShardEntry = z.output<typeof shardEntrySchema>;

const indexSchema = z
  .strictObject({
    format: z.literal('atelier-shards'),
    version: z.literal(1),
    /** In words. */
    source: z.string(),
    /** SHA-256 of what was packed and how: equal where the shards are meant to be equal. */
    recipe: hash,
    numExamples: size,
    image: z.union([
      z.strictObject({ width: size, height: size, channels: z.union([z.literal(1), z.literal(3)]) }),
      z.literal('varied'),
    ]),
    isLabelled: z.boolean(),
    /** Of index.bin. */
    records: z.strictObject({ bytes: size, sha256: hash }),
    shards: z.array(shardEntrySchema).min(1),
  })
  .refine(
    ({ shards, numExamples }) => shards.reduce((sum, shard) => sum + shard.numExamples, 0) === numExamples,
    'the shards hold another number of examples than numExamples',
  )
  .refine(
    ({ records, numExamples, isLabelled }) => records.bytes === recordsBytes(numExamples, isLabelled),
    'index.bin has not the bytes of so many examples',
  );

export type IndexManifest = z.output<typeof indexSchema>;

/** Of what this process reads: shards can lie anywhere that gives bytes by name. */
export type ReadableStore = Pick<ObjectStore, 'location' | 'get' | 'getRange'>;

export interface ExamplePlace extends ExampleRecord {
  readonly shard: ShardEntry;
}

/** What is packed and where each example of it lies. Twelve bytes an example (and one for its label), in memory. */
export class ShardIndex {
  readonly manifest: IndexManifest;
  /** SHA-256 (hex) of index.json, which holds those of all other objects: it stands for every byte of the data set. */
  readonly digest: string;
  readonly #records: ExampleRecords;
  /** Of each shard: the number of its first example. */
  readonly #firsts: readonly number[];

  private constructor(manifest: IndexManifest, digest: string, records: ExampleRecords) {
    this.manifest = manifest;
    this.digest = digest;
    this.#records = records;
    let first = 0;
    this.#firsts = manifest.shards.map(({ numExamples }) => {
      first += numExamples;
      return first - numExamples;
    });
  }

  /** @throws ShardError 'no-index' | 'bad-index', ObjectStoreError when the store cannot be read */
  static async read(store: ReadableStore, signal?: AbortSignal): Promise<ShardIndex> {
    const json = await store.get(INDEX_KEY, signal).catch((cause: unknown) => {
      if (!isNotFound(cause)) throw cause;
      throw new ShardError(
        'no-index',
        `${store.location} contains no ${INDEX_KEY}: check the path, or pack a data set there with atelier data pack; ` +
          'if packing was interrupted, the same command continues it',
        { cause },
      );
    });
    const manifest = parseIndex(json, store.location);
    const { records, numExamples, isLabelled } = manifest;
    const bytes = await store.get(RECORDS_KEY, signal).catch((cause: unknown) => {
      if (!isNotFound(cause)) throw cause;
      throw new ShardError(
        'bad-index',
        `${RECORDS_KEY} is missing in ${store.location}: pack the data set again`,
        {
          cause,
        },
      );
    });
    if (bytes.byteLength !== records.bytes || sha256Of(bytes) !== records.sha256) {
      throw new ShardError(
        'bad-index',
        `${store.location}: ${RECORDS_KEY} (${bytes.byteLength} bytes) does not match ${INDEX_KEY}: pack the data set again`,
      );
    }
    return new ShardIndex(manifest, sha256Of(json), new ExampleRecords(bytes, numExamples, isLabelled));
  }

  get labels(): Uint8Array | undefined {
    return this.#records.labels;
  }

  /** @param example a number below numExamples */
  placeOf(example: number): ExamplePlace {
    let [low, high] = [0, this.#firsts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#firsts[middle] ?? 0) <= example) low = middle;
      else high = middle - 1;
    }
    const shard = this.manifest.shards[low];
    if (shard === undefined || example >= this.manifest.numExamples)
      throw new RangeError(`there is no example ${example}`);
    return { shard, ...this.#records.at(example) };
  }
}

/** @throws ShardError 'bad-index' */
export function parseIndex(json: Uint8Array, location: string): IndexManifest {
  try {
    return indexSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new ShardError(
      'bad-index',
      `${location}: ${INDEX_KEY} is not an index of shards (${reason}): pack the data set again`,
      {
        cause,
      },
    );
  }
}

export function encodeIndex(manifest: IndexManifest): Uint8Array {
  return Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`);
}

function isNotFound(error: unknown): boolean {
  return error instanceof ObjectStoreError && error.code === 'not-found';
}
