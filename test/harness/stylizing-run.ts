import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunConfigInput } from '@atelier/shared/config/run-config';
import sharp from 'sharp';
import { AtelierProcess } from './atelier-process.ts';

const NUM_PICTURES = 24;
const ITERATIONS = 40;

/** A small `adain-32`, trained by `atelier train` for a few dozen steps on pictures of its own. */
export class StylizingRun implements AsyncDisposable {
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  static async train(): Promise<StylizingRun> {
    const run = new StylizingRun(await mkdtemp(join(tmpdir(), 'stylizing-')));
    try {
      await drawPictures(run.contents, contentOf);
      await drawPictures(run.styles, styleOf);
      // JSON is YAML.
      await writeFile(join(run.home, 'config.yaml'), JSON.stringify(run.#config()));
      await run.atelier('train', join(run.home, 'config.yaml'), '--workers', '1', '--out', run.folder);
      return run;
    } catch (error) {
      await run[Symbol.asyncDispose]();
      throw error;
    }
  }

  get folder(): string {
    return join(this.home, 'run');
  }

  /** Folders of pictures, 50 x 40 pixels, 0.png to 23.png. */
  get contents(): string {
    return join(this.home, 'contents');
  }

  get styles(): string {
    return join(this.home, 'styles');
  }

  /** Runs a command to its end. @returns what it printed @throws Error with the end of it when it fails */
  async atelier(...args: readonly string[]): Promise<string> {
    const logFile = join(this.home, `${args[0]}.log`);
    await rm(logFile, { force: true });
    await using command = new AtelierProcess({ name: args[0] ?? '', args, logFile });
    const { code } = await command.exited;
    if (code !== 0) throw new Error(`exit code ${code}\n${command.logTail()}`);
    return await readFile(logFile, 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }

  #config(): RunConfigInput {
    const adam = { kind: 'adam', learningRate: 2e-3, beta1: 0, beta2: 0.99 } as const;
    return {
      name: 'stylizing',
      iterations: ITERATIONS,
      virtualWorkers: 1,
      batchPerVirtualWorker: 4,
      model: { preset: 'adain-32', options: { channels: 8, codeSize: 16, discriminatorChannels: 8 } },
      data: {
        content: { kind: 'folder', path: this.contents },
        style: { kind: 'folder', path: this.styles },
      },
      optimizers: { generator: adam, discriminator: adam },
      ema: { generator: 0.9 },
      samples: { everyIterations: 0 },
    };
  }
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
