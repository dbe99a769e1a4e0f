import { z } from 'zod';

/** What all but the reader need to know of a kind of data set: config, command line and documents are made of it. */
export interface DatasetKind<Name extends string = string, Fields extends z.ZodRawShape = z.ZodRawShape> {
  /** `kind` in a config, and the first word on the command line. */
  readonly name: Name;
  /** What it is, in a line of help. */
  readonly summary: string;
  /** Its other fields in a config. One called `split` also takes the command line's `--split`, one called `crops` its `--crops`. */
  readonly fields: Fields;
  /** How the command line names it, e.g. 'idx:IMAGES[,LABELS]'. */
  readonly spelling: string;
  /**
   * The fields that hold paths, in the order in which the command line gives them, with commas between. Relative paths
   * are made absolute; s3:// URLs stay.
   */
  readonly paths: readonly string[];
  /** Its first opening takes long and is kept: `atelier train` does it once, before the workers start. */
  readonly isPrepared?: boolean;
}

/** Keeps the name and the type of each field: the kind's reader is given them. */
export function datasetKind<const Name extends string, Fields extends z.ZodRawShape>(
  kind: DatasetKind<Name, Fields> & { readonly paths: readonly (keyof Fields & string)[] },
): DatasetKind<Name, Fields> {
  return kind;
}

/** Fields that several kinds have. */
export const split = z.enum(['train', 'test']).default('train').describe('The part of the data set to use.');
export const crops = z
  .number()
  .int()
  .positive()
  .default(1)
  .describe('The number of square crops to take from each picture. Their places are fixed.');
export const path = z.string().min(1);
