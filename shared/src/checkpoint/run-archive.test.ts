import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { extract } from 'tar-stream';
import { expect, it } from 'vitest';
import { LocalStore } from '../store/local-store.ts';
import { loadNewestGood } from './checkpoint-reader.ts';
import { writeCheckpoint } from './checkpoint-writer.ts';
import { archiveOf } from './run-archive.ts';
import { smallCheckpointMeta } from './testing/small-checkpoint.ts';

const META = smallCheckpointMeta({ checkpoint: { store: 's3://bucket/runs' } }, 3);

it('makes a run folder with the newest checkpoint, which needs no bucket any more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'));
  try {
    const bucket = new LocalStore(join(folder, 'bucket'));
    const generator = {
      version: 4,
      parameters: Float32Array.of(1, 2, 3),
      slots: {},
      ema: undefined,
      statistics: new Float32Array(),
    };
    await writeCheckpoint(bucket, { step: 4, groups: { generator } }, META);
    const { checkpoint } = await loadNewestGood([bucket]);
    if (checkpoint === undefined) throw new Error('no checkpoint');
    const run = join(folder, 'run');
    for await (const entry of archiveOf(checkpoint, bucket).pipe(extract())) {
      const path = join(run, entry.header.name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, Buffer.concat(await bytesOf(entry as AsyncIterable<Uint8Array>)));
    }
    const { checkpoint: unpacked } = await loadNewestGood([new LocalStore(run)]);
    expect(unpacked?.snapshot).toEqual(checkpoint.snapshot);
    expect(unpacked?.manifest.parametersDigest).toBe(checkpoint.manifest.parametersDigest);
    const configs = [JSON.parse(await readFile(join(run, 'config.json'), 'utf8')), unpacked?.manifest.config];
    for (const config of configs) expect(config).toMatchObject({ checkpoint: { store: 'local' } });
    expect(JSON.parse(await readFile(join(run, 'run.json'), 'utf8'))).toMatchObject({ runId: 'run-1' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
