import { open, rename } from 'node:fs/promises';

/** The file is either wholly the old one or wholly the new one, also after a kill or a power failure. */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
