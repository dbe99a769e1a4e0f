import { type RunConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import { layoutHashOf, type RunDefinition, runDefinitionSchema } from '@atelier/shared/layout/run-definition';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { PublishedParameters } from '../published/published-parameters.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { type ReducedPart, reducedPartOf } from '../training/reduced-part.ts';
import { ReducerState } from '../training/reducer-state.ts';
import { partsOf, type SlicePart, statesOf } from '../training/slice-parts.ts';
import { TrainingStateError } from '../training/training-state-error.ts';

/** Which slice of which run. */
export interface SliceOrder {
  readonly runId: string;
  readonly formation: string;
  readonly step: number;
  readonly index: number;
  readonly numReducers: number;
  readonly configJson: string;
  readonly definitionJson: string;
}

/** What a reducer holds from one Load to the next. */
export class HeldSlice {
  readonly order: SliceOrder;
  readonly config: RunConfig;
  readonly definition: RunDefinition;
  readonly layoutHash: string;
  readonly state: ReducerState;
  readonly published: PublishedParameters;
  readonly #part: ReducedPart;

  /**
   * Nothing yet until `restore`.
   * @param memory where workers of this machine read it
   * @throws RefusedError 'bad-message', TrainingStateError, KernelError
   */
  constructor(order: SliceOrder, memory?: SharedMemory) {
    const { index, numReducers, configJson, definitionJson } = order;
    this.order = order;
    this.published = new PublishedParameters(memory);
    try {
      this.config = runConfigSchema.parse(JSON.parse(configJson));
      this.definition = runDefinitionSchema.parse(JSON.parse(definitionJson));
    } catch (cause) {
      throw new RefusedError('bad-message', `config_json or definition_json: ${String(cause)}`, { cause });
    }
    this.layoutHash = layoutHashOf(this.definition);
    this.#part = reducedPartOf(index, numReducers);
    this.state = new ReducerState(this.definition, this.config, this.#part);
  }

  /** Of each part of the group. */
  partBytesOf(group: string): number | undefined {
    const known = this.definition.groups.find(({ name }) => name === group);
    if (known === undefined) return undefined;
    return this.#part.sliceOf(flatLayoutOf(known.tensors).size).size * Float32Array.BYTES_PER_ELEMENT;
  }

  /** @throws TrainingStateError 'bad-snapshot' */
  restore(parts: readonly SlicePart[]): void {
    const states = statesOf(parts);
    this.state.check(states);
    this.state.restore(this.order.step, states);
  }

  /**
   * A copy. @param kind 'ema': the parameters where a group has none; '' of group: all
   * @throws RefusedError 'bad-message', TrainingStateError 'wrong-step'
   */
  snapshot(step: number, kind: string, group: string): SlicePart[] {
    if (step !== this.state.step)
      throw new TrainingStateError('wrong-step', `step ${step}, but the slice is at step ${this.state.step}`);
    const groups = this.definition.groups
      .map(({ name }) => this.state.groupOf(name))
      .filter(({ name }) => group === '' || name === group);
    switch (kind) {
      case 'all':
        return partsOf(new Map(groups.map((slice) => [slice.name, slice.snapshot()])));
      case 'parameters':
        return groups.map(({ name, parameters }) => ({
          group: name,
          kind,
          values: parameters.floats.slice(),
        }));
      case 'ema':
        return groups.map(({ name, ema, parameters }) => ({
          group: name,
          kind,
          values: (ema ?? parameters).floats.slice(),
        }));
      default:
        throw RefusedError.mismatch('bad-message', 'kind', kind, ['all', 'parameters', 'ema']);
    }
  }
}
