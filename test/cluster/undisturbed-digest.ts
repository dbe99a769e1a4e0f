import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import { LocalStore } from '@atelier/shared/store/local-store';
import { parse, stringify } from 'yaml';
import { AtelierProcess } from '../harness/atelier-process.ts';

/**
 * What the config comes to on this machine, with one worker to whom nothing happens. Kept beside the folder for the next
 * time that the same is asked.
 */
export async function undisturbedDigest(configPath: string, folder: string): Promise<string> {
  const text = await readFile(configPath, 'utf8');
  const name = `undisturbed-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  const out = join(dirname(folder), name);
  const kept = `${out}.digest`;
  const known = await readFile(kept, 'utf8').catch(() => undefined);
  if (known !== undefined) return known;
  const config = parse(text) as { readonly checkpoint: object };
  const local = { ...config, checkpoint: { ...config.checkpoint, store: 'local' }, events: {} };
  await mkdir(dirname(out), { recursive: true });
  await writeFile(`${out}.yaml`, stringify(local));
  const train = new AtelierProcess({
    name,
    args: ['train', `${out}.yaml`, '--workers', '1', '--out', out, '--resume'],
    logFile: `${out}.log`,
  });
  const { code } = await train.exited;
  if (code !== 0) throw new Error(`the undisturbed run ended with ${code}: see ${out}.log`);
  const { checkpoint } = await loadNewestGood([new LocalStore(out)]);
  if (checkpoint === undefined) throw new Error(`${out} holds no good checkpoint`);
  await writeFile(kept, checkpoint.manifest.parametersDigest);
  return checkpoint.manifest.parametersDigest;
}
