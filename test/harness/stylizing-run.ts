import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunConfigInput } from '@atelier/shared/config/run-config';
import { AtelierProcess } from './atelier-process.ts';
import { stylizingConfig, stylizingFolders } from './stylizing-data.ts';

const ITERATIONS = 40;

/** A small `adain-32`, trained by `atelier train` for a few dozen steps on pictures of its own. */
export class StylizingRun implements AsyncDisposable {
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  /**
   * @param changes to its config
   * @param meanwhile told of the process that trains; ended before the run is used
   */
  static async train(
    changes: Partial<RunConfigInput> = {},
    meanwhile: (training: AtelierProcess, folder: string) => Promise<void> = async () => {},
  ): Promise<StylizingRun> {
    const run = new StylizingRun(await mkdtemp(join(tmpdir(), 'stylizing-')));
    try {
      // JSON is YAML.
      await writeFile(
        join(run.home, 'config.yaml'),
        JSON.stringify({ ...(await run.#config()), ...changes }),
      );
      await run.#run(
        ['train', join(run.home, 'config.yaml'), '--workers', '1', '--out', run.folder],
        (training) => meanwhile(training, run.folder),
      );
      return run;
    } catch (error) {
      await run[Symbol.asyncDispose]();
      throw error;
    }
  }

  get folder(): string {
    return join(this.home, 'run');
  }

  /** Folders of pictures, 50 x 40 pixels, 0.png to 39.png. */
  get contents(): string {
    return stylizingFolders(this.home).contents;
  }

  get styles(): string {
    return stylizingFolders(this.home).styles;
  }

  /** Runs a command to its end. @returns what it printed @throws Error with the end of it when it fails */
  atelier(...args: readonly string[]): Promise<string> {
    return this.#run(args, async () => {});
  }

  async #run(
    args: readonly string[],
    meanwhile: (command: AtelierProcess) => Promise<void>,
  ): Promise<string> {
    const logFile = join(this.home, `${args[0]}.log`);
    await rm(logFile, { force: true });
    await using command = new AtelierProcess({ name: args[0] ?? '', args, logFile });
    await meanwhile(command);
    const { code } = await command.exited;
    if (code !== 0) throw new Error(`exit code ${code}\n${command.logTail()}`);
    return await readFile(logFile, 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }

  async #config(): Promise<RunConfigInput> {
    return {
      name: 'stylizing',
      iterations: ITERATIONS,
      virtualWorkers: 1,
      batchPerVirtualWorker: 4,
      ...(await stylizingConfig(this.home)),
      samples: { everyIterations: 0 },
    };
  }
}
