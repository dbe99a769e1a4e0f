import type { GroupState, RunSnapshot } from '@atelier/shared/layout/group-state';
import { sha256Of } from '@atelier/shared/sha256';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { WHOLE } from './reduced-part.ts';
import type { CommitOutcome, DrawnState, PublishedValues, Training } from './training.ts';
import { TrainingBase, type TrainingOptions } from './training-base.ts';

/** All that training changes, in this process. The data cursor is a function of the step (order/schedule). */
export class TrainingState extends TrainingBase implements Training {
  /** @throws TrainingStateError 'bad-config' | 'bad-snapshot', KernelError */
  static create(options: TrainingOptions): TrainingState {
    const state = new TrainingState(options, WHOLE);
    if (options.snapshot) state.rollback(options.snapshot);
    return state;
  }

  get reducers(): undefined {
    return undefined;
  }

  admit(node: NodeId, signal: AbortSignal): Promise<(() => void) | undefined> {
    return this.reducer.admit(node, signal);
  }

  async commit(step: number): Promise<CommitOutcome> {
    this.expectParameters();
    const prepared = this.reducer.prepare(step);
    const { losses, gradientNorm, tensorSums, nonFinitePart } = this.judge(step, prepared);
    if (nonFinitePart !== undefined) return this.refuse(step, nonFinitePart);
    this.apply(step, prepared.others, tensorSums);
    return { kind: 'committed', losses, gradientNorm, ...this.#digestOf(this.groupOf(step)) };
  }

  /** Drops the nodes of the current step that have arrived. */
  abandon(): void {
    this.reducer.abandon();
  }

  override rollback(snapshot: RunSnapshot): void {
    const states = new Map(Object.entries(snapshot.groups));
    this.reducer.check(states);
    this.restore(snapshot, states);
  }

  async snapshot(): Promise<RunSnapshot> {
    this.expectParameters();
    const groups = this.definition.groups.map(({ name }): [string, GroupState] => {
      const statistics = this.statistics.of(name).slice();
      return [name, { version: this.versionOf(name), ...this.reducer.groupOf(name).snapshot(), statistics }];
    });
    return { step: this.step, groups: Object.fromEntries(groups) };
  }

  async drawn<Copy>(copyOf: (live: Uint8Array) => Copy): Promise<DrawnState<Copy>> {
    return new Map(
      this.definition.groups.map(({ name }) => [
        name,
        { ema: copyOf(this.bytesOf(name, 'ema')), statistics: copyOf(this.bytesOf(name, 'statistics')) },
      ]),
    );
  }

  /**
   * The live bytes: they change with the next commit and detach when the memory grows, so copy before any `await`.
   * 'ema' of a group without one is its parameters.
   * @throws TrainingStateError 'unknown-group' | 'no-parameters'
   */
  bytesOf(group: string, kind: 'parameters' | 'ema' | 'statistics'): Uint8Array {
    this.expectParameters();
    if (kind === 'statistics') return new Uint8Array(this.statistics.of(group).buffer);
    const { ema, parameters } = this.reducer.groupOf(group);
    return (kind === 'ema' ? (ema ?? parameters) : parameters).bytes;
  }

  publishedOf(group: string, hasPrevious: boolean): PublishedValues {
    this.expectParameters();
    return this.reducer.publishedOf(group, hasPrevious);
  }

  #digestOf(group: string): { digest?: string } {
    return this.isDigestDue ? { digest: sha256Of(this.bytesOf(group, 'parameters')) } : {};
  }
}
