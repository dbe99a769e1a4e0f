import { z } from 'zod';
import { isS3Url } from '../store/s3-connection.ts';
import { cifar10 } from './cifar10.ts';
import type { DatasetKind } from './dataset-kind.ts';
import { emoji } from './emoji.ts';
import { folder } from './folder.ts';
import { idx } from './idx.ts';
import { mnist } from './mnist.ts';
import { npy } from './npy.ts';
import { shards } from './shards.ts';
import { textures } from './textures.ts';

const KINDS = [mnist, emoji, textures, idx, npy, cifar10, folder, shards] as const;

/** All kinds of data sets. A new one is a file beside this one, a line above, and its reader in the worker. */
export const DATASET_KINDS: readonly DatasetKind[] = KINDS;

type SchemaOf<Kind> =
  Kind extends DatasetKind<infer Name, infer Fields>
    ? z.ZodObject<{ kind: z.ZodLiteral<Name> } & Fields, z.core.$strict>
    : never;
type Schemas<Kinds extends readonly DatasetKind[]> = {
  readonly [Place in keyof Kinds]: SchemaOf<Kinds[Place]>;
};

/** One data set in a config. */
export const datasetSchema = z
  .discriminatedUnion('kind', KINDS.map(schemaOf) as unknown as Schemas<typeof KINDS>)
  .describe('The data set of one domain.');

function schemaOf({ name, summary, fields }: DatasetKind) {
  return z.strictObject({ kind: z.literal(name).describe(summary), ...fields });
}

/** The names of the kinds that have two parts, train and test. */
export const KINDS_WITH_SPLITS: readonly string[] = DATASET_KINDS.filter(
  ({ fields }) => 'split' in fields,
).map(({ name }) => name);

/** The same data set with absolute paths. s3:// URLs stay. */
export function located<Config extends { readonly kind: string }>(
  config: Config,
  absolute: (path: string) => string,
): Config {
  const { paths = [] } = kindOf(config.kind) ?? {};
  const absolutes = Object.entries(config).map(([field, value]: [string, unknown]) => [
    field,
    paths.includes(field) && typeof value === 'string' && !isS3Url(value) ? absolute(value) : value,
  ]);
  return { ...config, ...Object.fromEntries(absolutes) };
}

export function kindOf(name: string): DatasetKind | undefined {
  return DATASET_KINDS.find((kind) => kind.name === name);
}
