import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { fitted } from '../data/pixel-dataset.ts';
import { fileError } from '../data/read-file.ts';
import { cropsOf, picturesIn } from '../datasets/folder.ts';
import type { ImageShape } from '../model/define-model.ts';
import { type Tile, tilesOf } from './grid.ts';

export interface NamedTile {
  /** Of the file, without folder and extension. */
  readonly name: string;
  readonly tile: Tile;
}

/**
 * The middle squares of a picture or of all pictures of a folder, as a model wants them.
 * @throws DatasetError that names the file
 */
export async function readPictures(path: string, shape: ImageShape): Promise<NamedTile[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const files = found.isDirectory() ? await picturesIn(path) : [{ path, name: basename(path) }];
  const tiles: NamedTile[] = [];
  for (const file of files) {
    const [square] = await cropsOf(file, 1, shape.size);
    if (square === undefined) continue;
    const pixels = Float32Array.from(fitted(square, shape).pixels, (value) => value / 127.5 - 1);
    const name = file.name.slice(0, file.name.length - extname(file.name).length).replaceAll('/', '-');
    for (const tile of tilesOf(pixels, [1, shape.size, shape.size, shape.channels]))
      tiles.push({ name, tile });
  }
  return tiles;
}
