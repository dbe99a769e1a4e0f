import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freeFolderBeside } from './free-folder.ts';

it('passes over folders with something in them, and files of that name', async () => {
  const place = await mkdtemp(join(tmpdir(), 'atelier-free-folder-'));
  const folder = join(place, 'run');
  await mkdir(`${folder}-2`);
  await writeFile(join(`${folder}-2`, 'run.json'), '{}');
  await writeFile(`${folder}-3`, 'a file');
  await mkdir(`${folder}-4`);
  expect(await freeFolderBeside(folder)).toBe(`${folder}-4`);
  await rm(place, { recursive: true });
});
