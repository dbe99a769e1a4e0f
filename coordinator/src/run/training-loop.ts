import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunEventBody } from '@atelier/shared/events/run-event';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import { layoutHashOf, type RunDefinition } from '@atelier/shared/layout/run-definition';
import { iterationOf } from '@atelier/shared/order/schedule';
import { type NodeId, nodeKey } from '@atelier/shared/tree/node-id';
import type { EventLog } from '../events/event-log.ts';
import { InvariantError, must } from '../invariants/invariants.ts';
import { RoundLedger } from '../invariants/round-ledger.ts';
import type { LifeEvent } from '../life/life-types.ts';
import { Throughput } from '../meter/throughput.ts';
import { type OfferModules, offersTo } from '../published/parameter-offers.ts';
import { ReducersLostError } from '../reducers/reducer-set.ts';
import { Round } from '../round/round.ts';
import type { MemberStatus, Precheck, RoundState, VirtualWorkerCounts } from '../round/round-status.ts';
import type { RoundDecision, RoundEvent } from '../round/round-types.ts';
import type { SampleRendering } from '../samples/sample-rendering.ts';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { epochsCompletedBy } from '../storage/commit-record.ts';
import { RunFolderError } from '../storage/run-folder-error.ts';
import type { RunJournal } from '../storage/run-journal.ts';
import type { NodeBuffer } from '../training/node-buffer.ts';
import type { CommitOutcome, Training } from '../training/training.ts';
import type { AwakeClock } from './awake-clock.ts';

// Over 250 lines: each decision of the round is carried out in a method of its own.

/** What a loop tells of itself. */
type LoopEvent = Extract<LifeEvent, { readonly type: 'committed' | 'all-committed' | 'non-finite' }>;

type Decision<Type extends RoundDecision['type']> = Extract<RoundDecision, { readonly type: Type }>;

export interface TrainingLoopOptions {
  readonly config: RunConfig;
  readonly definition: RunDefinition;
  /** At the step to go on from. */
  readonly training: Training;
}

export interface TrainingLoopModules extends OfferModules {
  readonly clock: AwakeClock;
  readonly events: EventLog;
  readonly journal: RunJournal;
  readonly sessions: Sessions;
  readonly rendering: SampleRendering;
  /** What the loop cannot settle by itself. */
  readonly life: {
    tell(event: LoopEvent): void;
    fail(error: unknown): void;
  };
}

export interface NodeArrival {
  readonly session: Session;
  readonly step: number;
  readonly node: NodeId;
  readonly computeSeconds: number;
}

/**
 * Hands the round what happens and the time, and carries out what it decides. A commit is carried out between two
 * events: nobody sees half of one.
 */
export class TrainingLoop {
  readonly definition: RunDefinition;
  readonly layoutHash: string;
  readonly numSteps: number;
  readonly training: Training;
  readonly throughput: Throughput;
  readonly losses = new Map<string, number>();
  readonly #modules: TrainingLoopModules;
  readonly #round: Round;
  readonly #ledger: RoundLedger;
  /** One step.committed of so many is an event. */
  readonly #stepEvery: number;
  #stepBegan: number;

  constructor(options: TrainingLoopOptions, modules: TrainingLoopModules) {
    const { config, definition, training } = options;
    this.definition = definition;
    this.layoutHash = layoutHashOf(definition);
    this.numSteps = config.iterations * definition.phases.length;
    if (training.step > this.numSteps) {
      const done = `${training.step} steps are done, ${config.iterations} iterations have ${this.numSteps}`;
      throw new RunFolderError(
        'other-config',
        `iterations: ${done}: give at least as many iterations as the run has done`,
      );
    }
    this.training = training;
    this.#stepEvery = config.events.stepEvery;
    this.throughput = new Throughput(config.virtualWorkers * config.batchPerVirtualWorker);
    this.#modules = modules;
    const scheduling = {
      ...config.scheduling,
      numVirtualWorkers: config.virtualWorkers,
      numSteps: this.numSteps,
    };
    this.#round = new Round(scheduling, { step: training.step });
    this.#ledger = new RoundLedger(scheduling, { step: training.step });
    this.#stepBegan = modules.clock.now();
    modules.meter.begin();
    modules.journal.begin(training.step);
  }

  get state(): RoundState {
    return this.#round.state;
  }

  get iteration(): number {
    return iterationOf(this.training.step, this.definition.phases.length);
  }

  /** Of the step at hand. */
  virtualWorkers(): VirtualWorkerCounts {
    return this.#round.virtualWorkers();
  }

  members(): MemberStatus[] {
    return this.#round.members();
  }

  /** Something happened that brings no bytes. */
  advance(event: Exclude<RoundEvent, { readonly type: 'node-arrived' }>): void {
    let decisions: readonly RoundDecision[];
    try {
      decisions = this.#decide(event);
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      this.#modules.life.fail(error);
      return;
    }
    this.#carryOut(decisions);
  }

  precheck(session: Session, step: number, node: NodeId): Precheck {
    return this.#round.precheck(session.id, step, node);
  }

  /**
   * Takes a whole, verified node, into the sum before the round counts it: what cannot be added ends the run. The sum owns the
   * buffer if it is accepted; the caller releases it anyway.
   * @throws what the sum throws, InvariantError
   */
  deliver(arrival: NodeArrival, buffer: NodeBuffer): Precheck {
    try {
      return this.#deliver(arrival, buffer);
    } catch (error) {
      this.#modules.life.fail(error);
      throw error;
    }
  }

  #deliver({ session, step, node, computeSeconds }: NodeArrival, buffer: NodeBuffer): Precheck {
    const verdict = this.precheck(session, step, node);
    if (verdict.ok) this.#modules.meter.working('reduce', () => this.training.addNode(step, node, buffer));
    const decisions = this.#decide({
      type: 'node-arrived',
      session: session.id,
      step,
      node,
      computeSeconds,
    });
    const isRefused = decisions.some(({ type }) => type === 'refuse-node');
    must(
      'sumIsWhatWasAccepted',
      isRefused !== verdict.ok,
      () => `the round refused what was added, or took what was not: ${nodeKey(node)}`,
    );
    this.#carryOut(decisions);
    return verdict;
  }

  /** Lines of the steps that are computed again are void from here on. */
  rollBack(snapshot: RunSnapshot): void {
    this.training.rollback(snapshot);
    this.throughput.interrupted();
    this.#modules.journal.rolledBack(snapshot.step);
    this.advance({ type: 'rolled-back', step: snapshot.step });
  }

  #decide(event: RoundEvent): RoundDecision[] {
    const { clock, meter } = this.#modules;
    const now = clock.now();
    const decisions = this.#round.advance(event, now);
    this.#ledger.observe(event, now, decisions, () => this.#round.members());
    meter.advanced(event, decisions);
    return decisions;
  }

  #carryOut(decisions: readonly RoundDecision[]): void {
    try {
      for (const decision of decisions) this.#carryOutOne(decision);
    } catch (error) {
      this.#modules.life.fail(error);
      return;
    }
    this.#modules.rendering.seek();
  }

  #carryOutOne(decision: RoundDecision): void {
    const { sessions, life } = this.#modules;
    switch (decision.type) {
      case 'accept-node':
      case 'refuse-node':
        break;
      case 'assign':
        this.#assign(decision);
        break;
      case 'revoke': {
        const { session, step, blocks } = decision;
        sessions.find(session)?.link.send({ revoke: { step, blocks: [...blocks] } });
        break;
      }
      case 'expel': {
        const { session, reason } = decision;
        this.#dismiss(session, (worker) => ({ type: 'worker.lost', worker, reason }));
        break;
      }
      case 'release':
        sessions.find(decision.session)?.link.send({ drained: {} });
        this.#dismiss(decision.session, (worker) => ({ type: 'worker.drained', worker }));
        break;
      case 'commit':
        void this.#commit(decision);
        break;
      case 'complete':
        life.tell({ type: 'all-committed' });
        break;
    }
  }

  #assign({ session, step, blocks, reason }: Decision<'assign'>): void {
    const { reducers } = this.training;
    const formation = reducers && {
      reducers: {
        id: reducers.id,
        addresses: [...reducers.addresses],
        memoryIds: [...reducers.memoryIds],
      },
    };
    const worker = this.#modules.sessions.find(session);
    if (worker !== undefined) {
      const parameters = offersTo(worker, this, this.#modules);
      worker.link.send({ assignment: { step, blocks: [...blocks], parameters, reason, ...formation } });
    }
    if (reason === 'initial') return;
    for (const node of blocks)
      this.#modules.events.record({ type: 'block.reassigned', step, node: nodeKey(node), reason });
  }

  /** The round learns of it when nothing that it decided before is left to be done. Never rejects. */
  async #commit(decision: Decision<'commit'>): Promise<void> {
    const { meter, life } = this.#modules;
    const { step } = decision;
    try {
      const outcome = await meter.awaiting('optimize', () => this.training.commit(step));
      if (this.#settle(decision, outcome)) this.advance({ type: 'step-committed', step });
    } catch (error) {
      // The run goes back to a checkpoint when there are enough of them again.
      if (!(error instanceof ReducersLostError)) life.fail(error);
    }
  }

  /** @returns whether the step was committed */
  #settle({ step, nodes }: Decision<'commit'>, outcome: CommitOutcome): boolean {
    const { events, journal, meter, life } = this.#modules;
    if (outcome.kind === 'non-finite') {
      meter.notCommitted();
      life.tell({ type: 'non-finite', step, what: outcome.what });
      return false;
    }
    const now = this.#modules.clock.now();
    const seconds = (now - this.#stepBegan) / 1000;
    const entry = journal.committed({ step, nodes, seconds, outcome });
    this.#stepBegan = now;
    this.throughput.committed(now);
    meter.committed(entry);
    for (const [loss, value] of Object.entries(entry.losses))
      this.losses.set(`${entry.phase}/${loss}`, value);
    if ((step + 1) % this.#stepEvery === 0) {
      events.record({ type: 'step.committed', step, iteration: entry.iteration, losses: entry.losses });
    }
    for (const end of epochsCompletedBy(entry.examples, this.definition))
      events.record({ type: 'epoch.completed', ...end });
    life.tell({ type: 'committed', step: step + 1 });
    return true;
  }

  #dismiss(id: string, eventOf: (worker: string) => RunEventBody): void {
    const session = this.#modules.sessions.find(id);
    if (session === undefined) return;
    this.#modules.sessions.close(session);
    session.link.end();
    this.#modules.events.record(eventOf(session.hello.workerId));
  }
}
