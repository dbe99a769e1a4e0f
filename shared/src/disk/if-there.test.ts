import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ifThere } from './if-there.ts';

it('is undefined for what is not there, and tells of what cannot be read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-if-there-'));
  const file = join(folder, 'file');
  await writeFile(file, 'text');
  expect(await ifThere(readFile(file, 'utf8'))).toBe('text');
  expect(await ifThere(readFile(join(folder, 'other')))).toBeUndefined();
  expect(await ifThere(readFile(join(file, 'below')))).toBeUndefined();
  await expect(ifThere(readFile(folder))).rejects.toMatchObject({ code: 'EISDIR' });
  await rm(folder, { recursive: true });
});
