import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunConfigInput } from '@atelier/shared/config/run-config';
import sharp from 'sharp';

/** One in four of them is for validation: ten, as many as an evaluation needs. */
const NUM_PICTURES = 40;

/** Where the pictures are: folders of 0.png to 39.png, 50 x 40 pixels. */
export function stylizingFolders(home: string): { readonly contents: string; readonly styles: string } {
  return { contents: join(home, 'contents'), styles: join(home, 'styles') };
}

/** What a small `adain-32` is trained on, drawn into the folder, and how. */
export async function stylizingConfig(
  home: string,
): Promise<Pick<RunConfigInput, 'model' | 'data' | 'optimizers' | 'ema'>> {
  const { contents, styles } = stylizingFolders(home);
  await drawPictures(contents, contentOf);
  await drawPictures(styles, styleOf);
  const adam = { kind: 'adam', learningRate: 2e-3, beta1: 0, beta2: 0.99 } as const;
  return {
    model: { preset: 'adain-32', options: { channels: 8, codeSize: 16, discriminatorChannels: 8 } },
    data: { content: { kind: 'folder', path: contents }, style: { kind: 'folder', path: styles } },
    optimizers: { generator: adam, discriminator: adam },
    ema: { generator: 0.9 },
  };
}

async function drawPictures(folder: string, draw: (number: number) => string): Promise<void> {
  await mkdir(folder);
  for (let number = 0; number < NUM_PICTURES; number++) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="50" height="40">${draw(number)}</svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(folder, `${number}.png`));
  }
}

/** A white stroke on black. */
function contentOf(number: number): string {
  const end = `${12 + ((number * 7) % 26)},${8 + ((number * 11) % 24)}`;
  return `<rect width="50" height="40"/><path d="M12 8 Q ${20 + number} 20 ${end}" stroke="white" stroke-width="5" fill="none"/>`;
}

/** Stripes in two colours. */
function styleOf(number: number): string {
  const [first, second] = [`hsl(${number * 47} 80% 45%)`, `hsl(${number * 47 + 120} 70% 70%)`];
  const stripes = [0, 1, 2, 3, 4, 5, 6].map(
    (i) =>
      `<rect x="${i * 8}" width="4" height="60" fill="${second}" transform="rotate(${number * 9 - 40})"/>`,
  );
  return `<rect width="50" height="40" fill="${first}"/>${stripes.join('')}`;
}
