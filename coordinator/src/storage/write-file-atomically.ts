import type { Disk } from '@atelier/shared/disk/disk';

/** The file is either wholly the old one or wholly the new one, also after a kill or a power failure. */
export async function writeFileAtomically(
  disk: Disk,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = await disk.open(unfinished, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(unfinished, path);
}
