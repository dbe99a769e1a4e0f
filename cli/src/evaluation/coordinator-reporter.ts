import { setTimeout as delay } from 'node:timers/promises';
import type { Evaluation as SentEvaluation } from '@atelier/proto/generated/atelier/v1/Evaluation';
import type { EvaluatorReceipt } from '@atelier/proto/generated/atelier/v1/EvaluatorReceipt';
import type { EvaluatorReportInput } from '@atelier/proto/generated/atelier/v1/EvaluatorReport';
import { ignoring } from '@atelier/shared/async/ignoring';
import { type Evaluation, judgedEvaluationSchema } from '@atelier/shared/evaluation/evaluation';
import { OperatorClient } from '../operator/operator-client.ts';
import { CommandError } from '../terminal/command-error.ts';
import type { EvaluationReporter } from './follow-run.ts';

export interface CoordinatorReporterOptions {
  readonly runId: string;
  /** Where the run's coordinator is now; undefined while there is none. */
  findAddress(): Promise<string | undefined>;
}

const WORKING_EVERY_MS = 1_000;
const LAST_RETRY_MS = 1_000;
const LAST_DEADLINE_MS = 60_000;

/** Tells a run's coordinator what is measured of it, over any number of the coordinator's lives. */
export class CoordinatorReporter implements EvaluationReporter {
  readonly #options: CoordinatorReporterOptions;
  #client: OperatorClient | undefined;
  /** Of the newest evaluation that the coordinator is known to have. */
  #deliveredStep = -1;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: CoordinatorReporterOptions) {
    this.#options = options;
  }

  async known(): Promise<readonly Evaluation[]> {
    const receipt = await ignoring(
      this.#send({ working: 'an evaluator begins' }),
      'a coordinator that is away is told with the next evaluation, which is tried until it has it',
    );
    return [receipt?.best, receipt?.newest].flatMap((sent) => (sent ? [evaluationOf(sent)] : []));
  }

  /** So that it is seen, and known to live; told now and then, to whom it may concern. */
  working(what: string): void {
    const now = performance.now();
    if (now - this.#toldAt < WORKING_EVERY_MS) return;
    this.#toldAt = now;
    void ignoring(this.#send({ working: what }), 'it is told again in a moment');
  }

  /** @throws CommandError 'refused' */
  async deliver(all: readonly Evaluation[]): Promise<void> {
    await this.#deliver(all);
  }

  /** @throws CommandError 'refused' */
  async deliverLast(all: readonly Evaluation[]): Promise<void> {
    const deadline = performance.now() + LAST_DEADLINE_MS;
    while (!(await this.#deliver(all)) && performance.now() < deadline) {
      if ((await this.#options.findAddress()) === undefined) return;
      await delay(LAST_RETRY_MS);
    }
  }

  /** Nobody needs to wait for it. Never throws. */
  async leaving(reason: string): Promise<void> {
    await ignoring(this.#send({ leaving: reason }), 'the command ends with the same reason');
  }

  close(): void {
    this.#client?.close();
  }

  /** @returns whether the coordinator has them all */
  async #deliver(all: readonly Evaluation[]): Promise<boolean> {
    for (const evaluation of all.filter(({ step }) => step > this.#deliveredStep)) {
      try {
        await this.#send({
          evaluation: { ...evaluation, values: { ...evaluation.values }, bars: [...evaluation.bars] },
        });
      } catch (error) {
        if (error instanceof CommandError && error.code === 'failure') return false;
        throw error;
      }
    }
    return true;
  }

  async #send(body: EvaluatorReportInput): Promise<EvaluatorReceipt> {
    const { runId, findAddress } = this.#options;
    const address = await findAddress();
    if (address === undefined) throw new CommandError('failure', 'no coordinator is running for the run');
    if (this.#client?.address !== address) {
      this.#client?.close();
      this.#client = new OperatorClient(address);
    }
    const receipt = await this.#client.reportEvaluation({ runId, ...body });
    this.#deliveredStep = Math.max(this.#deliveredStep, receipt.newest?.step ?? -1);
    return receipt;
  }
}

function evaluationOf(sent: SentEvaluation): Evaluation {
  const { barsMet: _, shortfall: __, isBest: ___, ...evaluation } = judgedEvaluationSchema.parse(sent);
  return evaluation;
}
