import { ignoring } from '@atelier/shared/async/ignoring';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import { type ParameterWire, parameterWireOf } from '@atelier/shared/wire/parameter-wire';
import type { DataPlane, ParameterOffer } from '../grpc/data-plane.ts';
import { DataPlaneError } from '../grpc/data-plane-error.ts';
import type { PulledParameters, WantedParameters } from '../grpc/parameter-puller.ts';
import { settled } from '../grpc/settled.ts';
import type { LoadedRun } from '../loaded-run/loaded-run.ts';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import type { AssignedBlock } from './block-queue.ts';

/** What a block is computed with, as far as it was not here. */
export interface Brought {
  /** Settles when nothing of it is under way any more: the compute thread has it. It was told of it before. */
  readonly set: Promise<unknown>;
}

export interface ThreadParametersModules {
  readonly run: {
    readonly config: Pick<LoadedRun['config'], 'wire'>;
    readonly definition: Pick<LoadedRun['definition'], 'groups'>;
    readonly compute: Pick<LoadedRun['compute'], 'readParameters' | 'setParameters' | 'addDifference'>;
  };
  readonly dataPlane: DataPlane;
  readonly metrics: WorkerMetrics;
}

/**
 * What the compute thread holds of each group, and how it comes to what it lacks: it reads that where it was said to lie, or is
 * handed what was pulled. Known per membership only: another one may bring other values.
 */
export class ThreadParameters {
  readonly #modules: ThreadParametersModules;
  readonly #versions = new Map<string, number>();
  readonly #wire: ParameterWire | undefined;
  readonly #sizes: ReadonlyMap<string, number>;

  constructor(modules: ThreadParametersModules) {
    this.#modules = modules;
    this.#wire = parameterWireOf(modules.run.config.wire);
    const { groups } = modules.run.definition;
    this.#sizes = new Map(groups.map(({ name, tensors }) => [name, flatLayoutOf(tensors).size]));
  }

  /** In elements. */
  sizeOf(group: string): number | undefined {
    return this.#sizes.get(group);
  }

  /** Tells the compute thread of each group that is lacking. @throws DataPlaneError, when nothing is under way any more */
  async bring({ parameters, reducers, signal }: AssignedBlock): Promise<Brought> {
    const { dataPlane } = this.#modules;
    const lacking = parameters.filter(({ group, version }) => this.#versions.get(group) !== version);
    const setting: Promise<void>[] = [];
    const told = settled(
      lacking.map(async ({ group, version, segment = null, isDifference = false }) => {
        const length = this.#sizes.get(group);
        if (length === undefined)
          throw new DataPlaneError('refused', `group '${group}' is not one of this model`);
        const difference = this.#versions.get(group) === version - 1 ? this.#wire : undefined;
        const wanted = { group, version, length, difference };
        if (segment !== null && dataPlane.canRead({ segment, isDifference }, difference !== undefined)) {
          setting.push(this.#read(wanted, { segment, isDifference }));
          return;
        }
        const pulled = await (reducers === undefined
          ? dataPlane.pull('parameters', wanted, signal)
          : dataPlane.pullSlices(wanted, reducers, signal));
        setting.push(this.#set(wanted, pulled));
      }),
    );
    try {
      await told;
    } catch (error) {
      await ignoring(settled(setting), 'the block fails with what failed first');
      throw error;
    }
    const set = settled(setting);
    void ignoring(
      set,
      'whoever computes waits for it and hears of a failure; it may be that nobody does yet',
    );
    return { set };
  }

  /** @throws MemoryError: it cannot be read there, or not any more */
  async #read(
    { group, version, length, difference }: WantedParameters,
    offer: ParameterOffer,
  ): Promise<void> {
    const { dataPlane, metrics, run } = this.#modules;
    this.#versions.delete(group);
    await metrics.during('transfer', () => run.compute.readParameters({ group, length, ...offer }));
    this.#versions.set(group, version);
    const numWords = offer.isDifference && difference ? difference.wordsOf(length) : length;
    dataPlane.wasRead(numWords * Float32Array.BYTES_PER_ELEMENT);
  }

  async #set(
    { group, version }: Pick<WantedParameters, 'group' | 'version'>,
    { isDifference, values }: PulledParameters,
  ): Promise<void> {
    const { compute } = this.#modules.run;
    this.#versions.delete(group);
    await this.#modules.metrics.during('transfer', () =>
      isDifference
        ? compute.addDifference({ group, difference: values })
        : compute.setParameters({ group, flat: values }),
    );
    this.#versions.set(group, version);
  }
}
