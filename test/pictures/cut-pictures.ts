import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { largestOpaqueSquare } from './largest-opaque-square.ts';

/** Side of a square of a painting that is kept, pixels. */
const LEAST_SIDE = 80;
/** Which of GCompris' bundles have photographs for contents, and which paintings for styles. */
const CONTENTS = ['categorization.rcc', 'explore_monuments.rcc', 'explore_world_animals.rcc'];
const STYLES = ['paintings.rcc'];

await new Command('cut-pictures')
  .description(
    'Makes the folders of pictures that examples/paintings.yaml trains on out of the pictures of GCompris, a collection of games for children: contents (photographs) and styles (pieces of paintings).',
  )
  .argument('<bundles>', 'the folder of its *.rcc files: usr/share/gcompris-qt/rcc in gcompris-qt-data 3.1')
  .argument('<out>', 'the folder that gets contents/ and styles/')
  .action(async (bundles: string, out: string) => {
    const contents = await cut(bundles, CONTENTS, join(out, 'contents'));
    const styles = await cut(bundles, STYLES, join(out, 'styles'));
    console.log(`${out}: ${contents} contents, ${styles} styles`);
  })
  .parseAsync();

async function cut(folder: string, bundles: readonly string[], out: string): Promise<number> {
  await mkdir(out, { recursive: true });
  for (const bundle of bundles) {
    const pictures = [...picturesIn(await readFile(join(folder, bundle)))];
    for (const [number, picture] of pictures.entries()) {
      const path = join(out, `${bundle.replace('.rcc', '')}-${String(number).padStart(3, '0')}.png`);
      await writeSquare(picture, path);
    }
  }
  return (await readdir(out)).length;
}

/** A bundle of Qt resources holds its pictures as they are: WebP files, whose header says how long they are. */
function* picturesIn(bundle: Buffer): Generator<Buffer> {
  let start = bundle.indexOf('RIFF');
  while (start >= 0) {
    const isPicture = bundle.toString('latin1', start + 8, start + 12) === 'WEBP';
    const end = start + (isPicture ? 8 + bundle.readUInt32LE(start + 4) : 4);
    if (isPicture) yield bundle.subarray(start, end);
    start = bundle.indexOf('RIFF', end);
  }
}

/** Photographs are whole; paintings come as the pieces of a puzzle, of which the largest whole square is kept. */
async function writeSquare(picture: Buffer, path: string): Promise<void> {
  const { data, info } = await sharp(picture).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const opacity = Uint8Array.from({ length: info.width * info.height }, (_, i) => data[4 * i + 3] ?? 0);
  const isWhole = opacity.every((alpha) => alpha === 255);
  const square = largestOpaqueSquare(opacity, info.width);
  if (!isWhole && square.width < LEAST_SIDE) return;
  const image = sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } });
  await (isWhole ? image : image.extract(square)).removeAlpha().png().toFile(path);
}
