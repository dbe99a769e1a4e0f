import { crc32 } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ExampleRecord } from './example-records.ts';

/** One example as WebDataset has it: the files that share a key. */
export interface ShardSample {
  /** Of the example in the whole data set. */
  readonly number: number;
  readonly png: Uint8Array;
  readonly label?: number | undefined;
}

export interface TarShard {
  readonly bytes: Uint8Array;
  /** Of the samples, in their order. */
  readonly records: readonly ExampleRecord[];
}

const TAR_BLOCK = 512;
/** Two blocks of zeros. */
export const TAR_END_BYTES = 2 * TAR_BLOCK;
const KEY_DIGITS = 9;
/** The same bytes whoever packs, and whenever. */
const NEUTRAL = { mode: 0o644, uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(0) } as const;

/** `shard-000012.tar` */
export function shardKeyOf(shard: number): string {
  return `shard-${String(shard).padStart(6, '0')}.tar`;
}

/** What a sample takes in a shard. */
export function sampleBytes({ png, label }: Pick<ShardSample, 'png' | 'label'>): number {
  return fileBytes(png.byteLength) + (label === undefined ? 0 : fileBytes(String(label).length));
}

/** A shard in WebDataset's layout: `000000123.png`, and `000000123.cls` with its label in digits. */
export async function tarOf(samples: readonly ShardSample[]): Promise<TarShard> {
  const tar = pack();
  const records: ExampleRecord[] = [];
  let end = 0;
  for (const sample of samples) {
    const { number, png, label } = sample;
    const key = String(number).padStart(KEY_DIGITS, '0');
    tar.entry({ ...NEUTRAL, name: `${key}.png`, size: png.byteLength }, Buffer.from(png));
    if (label !== undefined) tar.entry({ ...NEUTRAL, name: `${key}.cls` }, String(label));
    records.push({ offset: end + TAR_BLOCK, length: png.byteLength, crc32: crc32(png) });
    end += sampleBytes(sample);
  }
  tar.finalize();
  const parts: Uint8Array[] = [];
  // Its types do not say so: a stream of buffers.
  for await (const part of tar as AsyncIterable<Uint8Array>) parts.push(part);
  const bytes = Buffer.concat(parts);
  if (bytes.byteLength !== end + TAR_END_BYTES)
    throw new Error(`a shard of ${bytes.byteLength} bytes; ${end + TAR_END_BYTES} were reckoned`);
  return { bytes, records };
}

function fileBytes(contentBytes: number): number {
  return TAR_BLOCK + Math.ceil(contentBytes / TAR_BLOCK) * TAR_BLOCK;
}
