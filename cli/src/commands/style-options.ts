import { stat } from 'node:fs/promises';
import type { NamedTile } from '@atelier/worker/sample/read-pictures';
import type { StyleMix } from '@atelier/worker/sample/style-mix';
import { InvalidArgumentError } from 'commander';
import { CommandError } from '../terminal/command-error.ts';

/** What `--style path=weight` asks for. */
export interface StyleOption {
  readonly path: string;
  /** Undefined where none was given. */
  readonly weight: number | undefined;
}

/** For options that may be given several times. */
export function collectStyle(value: string, earlier: readonly StyleOption[] = []): readonly StyleOption[] {
  const [, path = value, weight] = /^(.+)=(\d+(?:\.\d+)?|\.\d+)$/.exec(value) ?? [];
  if (weight !== undefined && Number(weight) === 0)
    throw new InvalidArgumentError('a style must have a weight above 0: leave this style out.');
  return [...earlier, { path, weight: weight === undefined ? undefined : Number(weight) }];
}

/** A share, 0 to 1. */
export function share(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError('give a number from 0 to 1.');
  return number;
}

/** The pictures of several `--style`, in their order. */
export interface GivenStyles {
  readonly pictures: readonly NamedTile[];
  /** How many of them each option gave. */
  readonly counts: readonly number[];
}

/** One mix of all: what an option weighs is shared evenly by its pictures. */
export function mixOf(options: readonly StyleOption[], { counts }: GivenStyles): StyleMix {
  const total = options.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const weights = options.flatMap(({ weight = 1 }, i) => {
    const count = counts[i] ?? 0;
    return Array<number>(count).fill(weight / total / count);
  });
  return { name: 'mix', weights };
}

/** Each picture by itself. */
export function singlesOf({ pictures }: GivenStyles): StyleMix[] {
  return pictures.map(({ name }, i) => ({ name, weights: pictures.map((_, k) => (k === i ? 1 : 0)) }));
}

export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (cause) {
    throw new CommandError('usage', `${path} does not exist: check the path`, { cause });
  }
}
