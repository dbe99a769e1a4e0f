import { resolve } from 'node:path';
import { loadConfig } from '@atelier/shared/config/load-config';
import { type DatasetConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { isS3Url } from '@atelier/shared/store/s3-connection';
import { CommandError } from '../terminal/command-error.ts';

/** How a data set is named on the command line. */
export const DATA_SPECS =
  'mnist, emoji, textures, cifar10:PATH, folder:PATH, idx:IMAGES[,LABELS], shards:PATH|s3://BUCKET/PREFIX';

/** By domain. @throws CommandError usage, ConfigError */
export async function datasetsOf(
  spec: string,
  split: 'train' | 'test',
): Promise<Record<string, DatasetConfig>> {
  if (/\.ya?ml$|\.json$/.test(spec)) {
    const { data } = await loadConfig(spec);
    if (Object.keys(data).length === 0) throw new CommandError('usage', `${spec} names no data sets`);
    return data;
  }
  return { [spec.split(':')[0] ?? spec]: datasetOf(spec, split) };
}

/** One data set. @throws CommandError usage */
export function datasetOf(spec: string, split: 'train' | 'test'): DatasetConfig {
  const [kind = '', ...rest] = spec.split(':');
  const path = rest.join(':');
  const [images = '', labels] = path.split(',');
  const input = {
    mnist: { kind, split },
    emoji: { kind, split },
    textures: { kind, split },
    cifar10: { kind, split, path: path && resolve(path) },
    folder: { kind, path: path && resolve(path) },
    idx: {
      kind,
      images: images && resolve(images),
      ...(labels === undefined ? {} : { labels: resolve(labels) }),
    },
    shards: { kind, path: isS3Url(path) ? path : path && resolve(path) },
  }[kind];
  const parsed = runConfigSchema.shape.data.safeParse({ data: input });
  const config = parsed.success ? parsed.data['data'] : undefined;
  if (config === undefined) {
    throw new CommandError('usage', `'${spec}': wanted ${DATA_SPECS}`);
  }
  return config;
}
