import { sha256Of } from '../sha256.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type ExampleRecord, encodeRecords } from './example-records.ts';
import { PackTarget } from './pack-target.ts';
import { encodeIndex, type IndexManifest, type ShardEntry } from './shard-index.ts';
import { type ShardSample, sampleBytes, shardKeyOf, TAR_END_BYTES, tarOf } from './tar-shard.ts';

/** A picture ready to be packed. */
export interface PackedPicture {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

export interface PackOptions {
  /** In words. */
  readonly source: string;
  /** SHA-256 of what is packed and how. */
  readonly recipe: string;
  /** One for each picture, or none at all. */
  readonly labels: Uint8Array | undefined;
  /** A shard becomes no larger, unless one picture is. Below 4 GiB. */
  readonly shardBytes: number;
  /** Sends everything anew, whatever the target holds. */
  readonly isForced: boolean;
  readonly onShard?: (shard: ShardEntry, progress: PackProgress) => void;
}

export interface PackProgress {
  readonly numExamples: number;
  readonly bytes: number;
  readonly wasSent: boolean;
}

export interface PackResult {
  readonly manifest: IndexManifest;
  /** Of the index, and with it of all bytes. */
  readonly digest: string;
  readonly numSent: number;
}

/**
 * Writes pictures as WebDataset shards and then their index. One shard is in memory at a time. The same pictures give
 * the same bytes.
 * @throws ShardError 'other-index', ObjectStoreError
 */
export async function packShards(
  pictures: AsyncIterable<PackedPicture>,
  options: PackOptions,
  modules: { readonly store: ObjectStore },
  signal?: AbortSignal,
): Promise<PackResult> {
  const { source, recipe, labels } = options;
  const target = await PackTarget.open(modules.store, options, signal);
  const shards: ShardEntry[] = [];
  const records: ExampleRecord[] = [];
  const shapes = new Set<string>();
  let [image, bytesBefore, numSent]: [IndexManifest['image'], number, number] = ['varied', 0, 0];
  const seen = async function* (): AsyncGenerator<ShardSample> {
    let number = 0;
    for await (const { png, width, height, channels } of pictures) {
      if (shapes.size < 2) shapes.add(`${width} ${height} ${channels}`);
      image = shapes.size === 1 ? { width, height, channels } : 'varied';
      yield { number, png, label: labels?.[number] };
      number += 1;
    }
  };
  for await (const samples of batchesOf(seen(), options.shardBytes)) {
    const tar = await tarOf(samples);
    for (const record of tar.records) records.push(record);
    const { byteLength: bytes } = tar.bytes;
    const key = shardKeyOf(shards.length);
    const shard = { key, bytes, sha256: sha256Of(tar.bytes), numExamples: samples.length };
    shards.push(shard);
    const wasSent = await target.put(shard, tar.bytes, signal);
    bytesBefore += bytes;
    numSent += wasSent ? 1 : 0;
    options.onShard?.(shard, { numExamples: records.length, bytes: bytesBefore, wasSent });
  }
  const recordBytes = encodeRecords(records, labels);
  const manifest: IndexManifest = {
    format: 'atelier-shards',
    version: 1,
    source,
    recipe,
    numExamples: records.length,
    image,
    isLabelled: labels !== undefined,
    records: { bytes: recordBytes.byteLength, sha256: sha256Of(recordBytes) },
    shards,
  };
  await target.finish(manifest, recordBytes, signal);
  return { manifest, digest: sha256Of(encodeIndex(manifest)), numSent };
}

/** In order, each as many as a shard holds. */
async function* batchesOf(
  samples: AsyncIterable<ShardSample>,
  shardBytes: number,
): AsyncGenerator<ShardSample[]> {
  let batch: ShardSample[] = [];
  let bytes = TAR_END_BYTES;
  for await (const sample of samples) {
    const more = sampleBytes(sample);
    if (batch.length > 0 && bytes + more > shardBytes) {
      yield batch;
      [batch, bytes] = [[], TAR_END_BYTES];
    }
    batch.push(sample);
    bytes += more;
  }
  if (batch.length > 0) yield batch;
}
