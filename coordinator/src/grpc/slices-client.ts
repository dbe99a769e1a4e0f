import { once } from 'node:events';
import type { PreparedSlice } from '@atelier/proto/generated/atelier/v1/PreparedSlice';
import type { SliceReply } from '@atelier/proto/generated/atelier/v1/SliceReply';
import type { SlicesClient } from '@atelier/proto/generated/atelier/v1/Slices';
import type { StateChunk } from '@atelier/proto/generated/atelier/v1/StateChunk';
import { createSlicesClient } from '@atelier/proto/services';
import { ignoring } from '@atelier/shared/async/ignoring';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { requestCallback } from '@grpc/grpc-js';
import type {
  ReducerLink,
  SliceCommit,
  SliceLoad,
  SliceStep,
  TakenParts,
  WantedParts,
} from '../reducers/reducer-link.ts';
import type { PreparedStep } from '../reduction/judge-step.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { reducedPartOf } from '../training/reduced-part.ts';
import { framesOfState, receiveParts, receiveStateHeader } from './state-stream.ts';

/** For what a reducer computes. Long enough for the largest model on a slow machine. */
const STEP_TIMEOUT_MS = 60_000;
/** For state on its way. */
const STATE_TIMEOUT_MS = 600_000;

/** What came by the reducer's own stream, and goes back by it. */
export interface ReducerStream {
  release(): void;
  stop(stop: { readonly reason: string; readonly reconnect: boolean }): void;
  end(): void;
}

/** A reducer as its coordinator asks it. */
export class ReducerConnection implements ReducerLink {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly memoryId: string;
  readonly #client: SlicesClient;
  readonly #stream: ReducerStream;
  #sizeOf: (group: string) => number | undefined = () => undefined;

  constructor(reducer: Pick<ReducerLink, 'id' | 'name' | 'address' | 'memoryId'>, stream: ReducerStream) {
    this.id = reducer.id;
    this.name = reducer.name;
    this.address = reducer.address;
    this.memoryId = reducer.memoryId;
    this.#stream = stream;
    this.#client = createSlicesClient(reducer.address);
  }

  async load({ parts, config, definition, ...header }: SliceLoad): Promise<void> {
    this.#sizeOf = sizesOf(definition, header);
    const configJson = JSON.stringify(config);
    const definitionJson = JSON.stringify(definition);
    let call: ReturnType<SlicesClient['load']> | undefined;
    const reply = this.#ask<SliceReply>((done) => {
      call = this.#client.load(within(STATE_TIMEOUT_MS), done);
    });
    const gone = new AbortController();
    void ignoring(reply, 'it is awaited below').then(() => gone.abort());
    for (const frame of framesOfState({ ...header, configJson, definitionJson }, parts)) {
      if (gone.signal.aborted) break;
      if (call?.write(frame) === false)
        await ignoring(
          once(call, 'drain', { signal: gone.signal }),
          'the reply tells why the call has ended',
        );
    }
    call?.end();
    await reply;
  }

  async prepare(step: SliceStep): Promise<Omit<PreparedStep, 'others'>> {
    const { squares, nonFinite, fragmentSums } = await this.#ask<PreparedSlice>((done) =>
      this.#client.prepare(step, within(STEP_TIMEOUT_MS), done),
    );
    return {
      squares: Float64Array.from(squares),
      nonFinite: nonFinite === -1 ? undefined : nonFinite,
      fragmentSums: Float64Array.from(fragmentSums),
    };
  }

  async commit({ tensorSums, ...step }: SliceCommit): Promise<void> {
    const order = { ...step, tensorSums: [...tensorSums] };
    await this.#ask<SliceReply>((done) => this.#client.commit(order, within(STEP_TIMEOUT_MS), done));
  }

  async abandon(step: SliceStep): Promise<void> {
    await this.#ask<SliceReply>((done) => this.#client.abandon(step, within(STEP_TIMEOUT_MS), done));
  }

  async snapshot({ formation, step, kind, group = '' }: WantedParts): Promise<TakenParts> {
    const request = { formation, step, kind, group };
    const frames = this.#client.snapshot(request, within(STATE_TIMEOUT_MS)).iterator() as AsyncIterator<
      StateChunk,
      undefined
    >;
    await receiveStateHeader(frames);
    const parts = receiveParts(frames, (name) => this.#sizeOf(name));
    void ignoring(parts, "whoever has asked hears of it, after the others' headers");
    return { parts };
  }

  release(): void {
    this.#stream.release();
  }

  stop(stop: { readonly reason: string; readonly reconnect: boolean }): void {
    this.#stream.stop(stop);
  }

  close(): void {
    this.#stream.end();
    this.#client.close();
  }

  #ask<Reply>(call: (done: requestCallback<Reply>) => void): Promise<Reply> {
    return new Promise((resolve, reject) => {
      call((error, reply) => {
        if (reply === undefined)
          reject(error ?? new RefusedError('bad-message', 'the reducer ended the call without a reply'));
        else resolve(reply);
      });
    });
  }
}

function sizesOf(
  definition: RunDefinition,
  { index, numReducers }: Pick<SliceLoad, 'index' | 'numReducers'>,
) {
  const part = reducedPartOf(index, numReducers);
  return (group: string): number | undefined => {
    const known = definition.groups.find(({ name }) => name === group);
    return known && part.sliceOf(flatLayoutOf(known.tensors).size).size * Float32Array.BYTES_PER_ELEMENT;
  };
}

function within(timeoutMs: number): { readonly deadline: number } {
  return { deadline: Date.now() + timeoutMs };
}
