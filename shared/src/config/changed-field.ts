import { isDeepStrictEqual } from 'node:util';
import type { RunConfig } from './run-config.ts';

/** What may differ between a run and its continuation without making it another run. */
export const changeableFields: ReadonlySet<keyof RunConfig> = new Set([
  'name',
  'iterations',
  'exactness',
  'reducers',
  'transport',
  'onNonFinite',
  'checkpoint',
  'evaluate',
  'events',
  'samples',
  'journal',
  'scheduling',
] as const);

/** The first field whose change makes `config` another run than `stored`. */
export function changedFieldOf(stored: RunConfig, config: RunConfig): keyof RunConfig | undefined {
  const fields = Object.keys(config) as (keyof RunConfig)[];
  return fields.find(
    (field) => !changeableFields.has(field) && !isDeepStrictEqual(stored[field], config[field]),
  );
}
