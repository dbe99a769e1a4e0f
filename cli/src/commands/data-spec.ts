import { resolve } from 'node:path';
import { loadConfig } from '@atelier/shared/config/load-config';
import type { DatasetConfig } from '@atelier/shared/config/run-config';
import {
  DATASET_KINDS,
  datasetSchema,
  KINDS_WITH_SPLITS,
  kindOf,
  located,
} from '@atelier/shared/datasets/dataset-kinds';
import { Option } from 'commander';
import { CommandError } from '../terminal/command-error.ts';

/** How a data set is named on the command line. */
export const DATA_SPECS = DATASET_KINDS.map(({ spelling }) => spelling).join(', ');

export function splitOption(): Option {
  return new Option('--split <split>', `which part of ${KINDS_WITH_SPLITS.join(', ')}`)
    .choices(['train', 'test'])
    .default('train');
}

/** By domain. @throws CommandError usage, ConfigError */
export async function datasetsOf(
  spec: string,
  split: 'train' | 'test',
): Promise<Record<string, DatasetConfig>> {
  if (/\.ya?ml$|\.json$/.test(spec)) {
    const { data } = await loadConfig(spec);
    if (Object.keys(data).length === 0)
      throw new CommandError(
        'usage',
        `${spec} has no data sets: add them under data, or give a data set instead of a config`,
      );
    return data;
  }
  return { [spec.split(':')[0] ?? spec]: datasetOf(spec, split) };
}

/** One data set. @throws CommandError usage */
export function datasetOf(spec: string, split: 'train' | 'test'): DatasetConfig {
  const [name = '', ...rest] = spec.split(':');
  const kind = kindOf(name);
  const parsed = datasetSchema.safeParse({
    kind: name,
    ...(kind !== undefined && 'split' in kind.fields ? { split } : {}),
    ...pathsOf(rest.join(':'), kind?.paths ?? []),
  });
  if (!parsed.success)
    throw new CommandError('usage', `'${spec}' is not a data set: give one of ${DATA_SPECS}`);
  return located(parsed.data, resolve);
}

/** What follows the colon, under the names of its fields. A single path may hold commas. */
function pathsOf(text: string, fields: readonly string[]): Record<string, string> {
  if (text === '') return {};
  const paths = fields.length === 1 ? [text] : text.split(',');
  return Object.fromEntries(paths.map((path, i) => [fields[i] ?? 'too many', path]));
}
