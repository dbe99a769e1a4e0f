import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorClient as Operator } from '@atelier/cli/operator/operator-client';
import { Coordinator, type CoordinatorOptions } from '@atelier/coordinator/coordinator';
import type { RunOutcome } from '@atelier/coordinator/life/run-outcome';
import type { EvaluatorReceipt } from '@atelier/proto/generated/atelier/v1/EvaluatorReceipt';
import type { EvaluatorReportInput } from '@atelier/proto/generated/atelier/v1/EvaluatorReport';
import type { OperatorClient } from '@atelier/proto/generated/atelier/v1/Operator';
import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import { createOperatorClient } from '@atelier/proto/services';
import { loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunEvent } from '@atelier/shared/events/run-event';
import type { requestCallback } from '@grpc/grpc-js';
import pino from 'pino';
import { FollowedRun } from './followed-run.ts';
import { storesOf } from './run-result.ts';
import { ScriptedWorker } from './scripted-worker.ts';
import { toyConfig } from './toy-run.ts';

/** Of an answer. Only a machine that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 60_000;

type UnaryMethod = 'status' | 'pause' | 'resume' | 'stop';

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'atelier-'));
}

/** A real coordinator in this process, on loopback, over a toy run; its workers are scripted. */
export class ToyCoordinator implements AsyncDisposable {
  readonly folder: string;
  readonly address: string;
  /** host:port of metrics, health and page. */
  readonly http: string;
  readonly #coordinator: Coordinator;
  readonly #workers: ScriptedWorker[] = [];

  private constructor(
    coordinator: Coordinator,
    folder: string,
    addresses: { readonly address: string; readonly http: string },
  ) {
    this.#coordinator = coordinator;
    this.folder = folder;
    this.address = addresses.address;
    this.http = addresses.http;
  }

  static async start(
    options: Partial<CoordinatorOptions> & { readonly config?: RunConfig } = {},
  ): Promise<ToyCoordinator> {
    const { folder = newFolder(), config = toyConfig() } = options;
    const log = pino({ level: process.env['ATELIER_TEST_LOG'] ?? 'silent' });
    const coordinator = new Coordinator({ graceMs: 30_000, ...options, folder, config }, { log });
    return new ToyCoordinator(coordinator, folder, await coordinator.start());
  }

  get finished(): Promise<RunOutcome> {
    return this.#coordinator.finished;
  }

  stop(options: { readonly checkpoint?: boolean; readonly reconnect?: boolean } = {}): Promise<RunOutcome> {
    return this.#coordinator.stop(options);
  }

  /** A worker that was let in; disposed with the coordinator. */
  async join(name: string): Promise<ScriptedWorker> {
    const worker = await ScriptedWorker.join(this.address, name);
    this.#workers.push(worker);
    return worker;
  }

  /** One that has said nothing yet. */
  connect(name: string): ScriptedWorker {
    const worker = new ScriptedWorker(this.address, name);
    this.#workers.push(worker);
    return worker;
  }

  /** Asks as a person's command does. */
  operate(method: UnaryMethod, request: object = {}): Promise<RunStatus> {
    return this.#ask((client, options, settle) => client[method](request, options, settle));
  }

  drain(worker: string): Promise<RunStatus> {
    return this.#ask((client, options, settle) => client.drain({ worker }, options, settle));
  }

  status(): Promise<RunStatus> {
    return this.operate('status');
  }

  /** Until so many steps are committed. */
  async untilStep(step: number): Promise<void> {
    const operator = new Operator(this.address);
    try {
      for await (const item of operator.watch(AbortSignal.timeout(DEADLINE_MS))) {
        if (item.kind === 'status' && item.status.step >= step) return;
        if (item.kind === 'event' && item.event.type === 'step.committed' && item.event.step + 1 >= step)
          return;
      }
    } finally {
      operator.close();
    }
    throw new Error(`waited ${DEADLINE_MS / 1000} s until ${step} steps are committed`);
  }

  /** Until an event fits, of those that were told before as well. */
  async untilEvent(fits: (event: RunEvent) => boolean): Promise<void> {
    using run = new FollowedRun(this.folder);
    await run.until(() => run.events.some(fits), AbortSignal.timeout(DEADLINE_MS));
  }

  /** Tells what an evaluator tells. */
  evaluate(body: EvaluatorReportInput): Promise<EvaluatorReceipt> {
    return this.#ask((client, options, settle) => client.reportEvaluation(body, options, settle));
  }

  /** SHA-256 of all parameters in the newest checkpoint, and its step. */
  async digest(): Promise<{ readonly step: number; readonly digest: string }> {
    const { checkpoint } = await loadNewestGood(storesOf(this.folder));
    if (checkpoint === undefined) throw new Error(`${this.folder} has no good checkpoint`);
    return { step: checkpoint.snapshot.step, digest: checkpoint.manifest.parametersDigest };
  }

  async events(): Promise<RunEvent[]> {
    const text = await readFile(join(this.folder, 'events.jsonl'), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent);
  }

  async #ask<Answer>(
    call: (
      client: OperatorClient,
      options: { readonly deadline: number },
      settle: requestCallback<Answer>,
    ) => unknown,
  ): Promise<Answer> {
    const client = createOperatorClient(this.address);
    try {
      return await new Promise((resolve, reject) => {
        call(client, { deadline: Date.now() + DEADLINE_MS }, (error, answer) => {
          if (error !== null || answer === undefined) reject(error ?? new Error('no answer'));
          else resolve(answer);
        });
      });
    } finally {
      client.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) await worker[Symbol.asyncDispose]();
    await this.stop({ checkpoint: false });
  }
}
