import { Closing } from '@atelier/coordinator/closing';
import { InvariantError } from '@atelier/coordinator/invariants/invariants';
import type { RunOutcome } from '@atelier/coordinator/life/run-outcome';
import { openRun } from '@atelier/coordinator/opened-run';
import { DataPlane } from '@atelier/coordinator/run/data-plane';
import type { Run } from '@atelier/coordinator/run/run';
import type { Reception } from '@atelier/coordinator/sessions/reception';
import { Deferred } from '@atelier/shared/async/deferred';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { LocalStore } from '@atelier/shared/store/local-store';
import type { Logger } from 'pino';
import type { DiskImage } from './disk-image.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { SeededChance } from './seeded-chance.ts';
import { type BucketObjects, SimulatedBucket } from './simulated-bucket.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { DeadProcessError, SimulatedProcess } from './simulated-process.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { Trace } from './trace.ts';

export const RUN_FOLDER = '/run';

export interface CoordinatorLifeModules {
  readonly config: RunConfig;
  readonly time: SimulatedTime;
  readonly chance: SeededChance;
  readonly faults: FaultPlan;
  readonly image: DiskImage;
  /** Undefined: checkpoints go into the run's folder. */
  readonly bucket: BucketObjects | undefined;
  readonly newId: () => string;
  readonly trace: Trace;
  /** Something that must not be. */
  readonly onViolation: (error: unknown) => void;
}

/** One process of a coordinator: the program that runs in production, without its servers. */
export class CoordinatorLife {
  readonly process: SimulatedProcess;
  readonly #modules: CoordinatorLifeModules;
  readonly #closing: Closing;
  readonly #log: Logger;
  readonly #killed = new Deferred<undefined>();
  #run: Run | undefined;
  #reception: Reception | undefined;
  #dataPlane: DataPlane | undefined;

  constructor(modules: CoordinatorLifeModules) {
    this.#modules = modules;
    this.process = new SimulatedProcess(modules.time, () => this.#killed.resolve(undefined));
    this.#log = this.#createLog();
    this.#closing = new Closing({ log: this.#log });
  }

  /** Whether workers reach it. */
  get isServing(): boolean {
    return this.process.isAlive && this.#dataPlane !== undefined;
  }

  get run(): Run {
    return given(this.#run);
  }

  get reception(): Reception {
    return given(this.#reception);
  }

  get dataPlane(): DataPlane {
    return given(this.#dataPlane);
  }

  /** Resolves when it is over, and everything is closed. @throws why it could not begin */
  async live(): Promise<RunOutcome> {
    const { config, time: _, bucket, ...modules } = this.#modules;
    const disk = new SimulatedDisk({ ...modules, process: this.process });
    const inFolder = new LocalStore(RUN_FOLDER, disk);
    const openStores = () =>
      bucket === undefined
        ? { main: inFolder, fallback: undefined }
        : {
            main: new SimulatedBucket({ ...modules, process: this.process, objects: bucket }),
            fallback: inFolder,
          };
    try {
      const settings = { config, folder: RUN_FOLDER, resume: true, finalSampleMs: 3_000, finalSaveMs: 5_000 };
      const machine = { clock: this.process, disk, newId: modules.newId, openStores, log: this.#log };
      const opened = await openRun(
        { ...settings, storeWaitMs: 10_000, evaluatorPatienceMs: 3_000 },
        { ...machine, closing: this.#closing },
      );
      await opened.run.begin();
      this.#run = opened.run;
      this.#reception = opened.reception;
      this.#dataPlane = new DataPlane(opened);
      const outcome = await opened.run.finished;
      this.#dataPlane = undefined;
      return outcome;
    } finally {
      await this.#closing.closeAll();
    }
  }

  /** Resolves when the process is dead. */
  get killed(): Promise<undefined> {
    return this.#killed.promise;
  }

  kill(): void {
    this.process.kill();
  }

  /** What the program says of itself: a fault of its own is one of the simulation. */
  check(error: unknown): void {
    if (error instanceof DeadProcessError || !this.process.isAlive) return;
    const isExpected = error instanceof Error && 'code' in error && !(error instanceof InvariantError);
    if (!isExpected) this.#modules.onViolation(error);
  }

  #createLog(): Logger {
    const say = (level: string) => (values: object, text: string) => {
      if (!this.process.isAlive) return;
      this.#modules.trace(() => `  ${level}: ${text} ${textOf(values)}`);
      if ('err' in values) this.check(values.err);
    };
    const log = { info: say('info'), warn: say('warn'), error: say('error'), debug: () => undefined };
    return log as unknown as Logger;
  }
}

function textOf(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value instanceof Error ? value.message : String(value)}`)
    .join(' ');
}

function given<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new DeadProcessError();
  return part;
}
