import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '@atelier/shared/disk/if-there';

/** Nothing else is ever read: no name that could lead out of the folder. */
const SAMPLE_NAME = /^iteration-(\d{6,15})\.png$/;

export interface SampleFile {
  readonly name: string;
  readonly iteration: number;
}

/** The run's sample grids, oldest first. */
export async function listSamples(folder: string): Promise<SampleFile[]> {
  const names = await readdir(folder);
  return names.flatMap(sampleOf).sort((a, b) => a.iteration - b.iteration);
}

/** @returns undefined where there is none of this name */
export async function readSample(folder: string, name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!SAMPLE_NAME.test(name)) return undefined;
  const png = await ifThere(readFile(join(folder, name)));
  return png && Uint8Array.from(png);
}

function sampleOf(name: string): SampleFile[] {
  const iteration = SAMPLE_NAME.exec(name)?.[1];
  return iteration === undefined ? [] : [{ name, iteration: Number(iteration) }];
}
