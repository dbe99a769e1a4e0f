import { channelOptions } from '@atelier/proto/channel-options';
import { bytesOfFloats, checksumOf, chunksOf } from '@atelier/proto/frames';
import type { Assignment } from '@atelier/proto/generated/atelier/v1/Assignment';
import type { CoordinatorMessage } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { InitialChunkInput } from '@atelier/proto/generated/atelier/v1/InitialChunk';
import type { LentNodeInput } from '@atelier/proto/generated/atelier/v1/LentNode';
import type { LentReceipt } from '@atelier/proto/generated/atelier/v1/LentReceipt';
import type { NodeChunkInput } from '@atelier/proto/generated/atelier/v1/NodeChunk';
import type { NodeHeader } from '@atelier/proto/generated/atelier/v1/NodeHeader';
import type { PushIdentity } from '@atelier/proto/generated/atelier/v1/PushIdentity';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReadyInput } from '@atelier/proto/generated/atelier/v1/Ready';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import type { TrainingClient } from '@atelier/proto/generated/atelier/v1/Training';
import type { Welcome } from '@atelier/proto/generated/atelier/v1/Welcome';
import type { WorkerMessageInput } from '@atelier/proto/generated/atelier/v1/WorkerMessage';
import { atelierV1 } from '@atelier/proto/loader';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import { createTrainingClient } from '@atelier/proto/services';
import { layoutHashOf } from '@atelier/shared/layout/run-definition';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { type ClientDuplexStream, credentials, type ServiceError } from '@grpc/grpc-js';
import { toyDefinition, toyFingerprint, toyInitialValues, toyNode } from './toy-run.ts';

type Body = NonNullable<CoordinatorMessage['body']>;
type MessageOf<B extends Body> = NonNullable<CoordinatorMessage[B]>;

/** Of a wait. Only a machine that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 60_000;

/** A protocol peer that speaks as a worker does and computes toy numbers: every word of it can be made wrong. */
export class ScriptedWorker implements AsyncDisposable {
  readonly name: string;
  readonly #training: TrainingClient;
  readonly #reducer: ReducerClient;
  readonly #call: ClientDuplexStream<WorkerMessageInput, CoordinatorMessage>;
  readonly #heard: CoordinatorMessage[] = [];
  /** Resolves when the coordinator ends the stream, or it breaks. */
  readonly ended: Promise<void>;
  #isEnded = false;
  #wake: () => void = () => {};
  #welcome: Welcome | undefined;

  constructor(address: string, name: string) {
    this.name = name;
    this.#training = createTrainingClient(address);
    this.#reducer = new atelierV1.Reducer(address, credentials.createInsecure(), {
      ...channelOptions,
      'grpc.max_send_message_length': -1,
    });
    this.#call = this.#training.join();
    this.#call.on('data', (message: CoordinatorMessage) => {
      this.#heard.push(message);
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.#isEnded = true;
        this.#wake();
        resolve();
      };
      this.#call.on('end', end);
      this.#call.on('error', end);
    });
  }

  /** Joins, says what it has, and brings the initial values if it is asked for them. */
  static async join(address: string, name: string): Promise<ScriptedWorker> {
    const worker = new ScriptedWorker(address, name);
    await worker.hello();
    worker.ready();
    await worker.enter();
    return worker;
  }

  /** Of this membership. */
  get identity(): PushIdentity {
    if (this.#welcome === undefined) throw new Error(`${this.name} was not welcomed`);
    const { runId, incarnation, sessionId } = this.#welcome;
    return { runId, incarnation, sessionId, layoutHash: layoutHashOf(toyDefinition) };
  }

  send(message: WorkerMessageInput): void {
    this.#call.write(message);
  }

  async hello(protocolVersion = PROTOCOL_VERSION): Promise<Welcome> {
    this.sayHello(protocolVersion);
    this.#welcome = await this.next('welcome');
    return this.#welcome;
  }

  sayHello(protocolVersion = PROTOCOL_VERSION): void {
    this.send({
      hello: { workerId: `${this.name}-1`, name: this.name, host: 'here', pid: 1, protocolVersion },
    });
  }

  ready(changes: ReadyInput = {}): void {
    const fingerprintJson = JSON.stringify(toyFingerprint);
    const definitionJson = JSON.stringify(toyDefinition);
    this.send({ ready: { fingerprintJson, definitionJson, device: 'cpu', ...changes } });
  }

  /** Until it is accepted. */
  async enter(): Promise<void> {
    const first = await this.#take(({ body }) => body === 'initialize' || body === 'accepted');
    if (first.body === 'accepted') return;
    await this.pushInitial();
    await this.next('accepted');
  }

  /** The next message of a kind; what comes before it is passed over. */
  async next<B extends Body>(body: B): Promise<MessageOf<B>> {
    const message = (await this.#take((candidate) => candidate.body === body))[body];
    if (message === undefined || message === null) throw new Error(`an empty ${body}`);
    return message as MessageOf<B>;
  }

  /** Computes and pushes whatever it is assigned, until the stream ends. */
  async work(): Promise<void> {
    for (;;) {
      const message = await this.#take(({ body }) => body === 'assignment').catch(() => undefined);
      if (!message?.assignment) return;
      await this.compute(message.assignment).catch((error: ServiceError) => {
        if (!this.#isEnded && !/^(unknown-session|stopping)/.test(error.details)) throw error;
      });
    }
  }

  async compute({ step, blocks }: Pick<Assignment, 'step' | 'blocks'>): Promise<void> {
    for (const node of blocks) await this.pushNode(step, node);
  }

  pushNode(step: number, node: NodeId, changes: Partial<NodeHeader> = {}): Promise<PushReceipt> {
    const bytes = bytesOfFloats(toyNode(step, node));
    return this.pushFrames([
      { header: { ...this.headerOf(step, node, bytes), ...changes } },
      ...framesOf(bytes),
    ]);
  }

  headerOf(step: number, node: NodeId, bytes: Uint8Array): NodeHeader {
    const numBytes = bytes.byteLength;
    return {
      identity: this.identity,
      step,
      node,
      numBytes,
      crc32: checksumOf(bytes),
      computeSeconds: 0.001,
      segment: null,
    };
  }

  pushFrames(frames: readonly NodeChunkInput[]): Promise<PushReceipt> {
    return new Promise((resolve, reject) => {
      const call = this.#reducer.pushNode(deadline(), settleWith(resolve, reject));
      for (const frame of frames) call.write(frame);
      call.end();
    });
  }

  /** As one that lies in memory. */
  lendNode(node: LentNodeInput): Promise<PushReceipt> {
    return new Promise((resolve, reject) => {
      const call = this.#reducer.lendNodes(deadline());
      call.on('error', reject);
      call.on('data', ({ receipt, details, code }: LentReceipt) => {
        call.end();
        if (receipt !== null) resolve(receipt);
        else reject(Object.assign(new Error(details), { code, details }));
      });
      call.write(node);
    });
  }

  pushInitial(values: Float32Array = toyInitialValues(), numBytes = values.byteLength): Promise<PushReceipt> {
    const bytes = bytesOfFloats(values);
    const header = { identity: this.identity, numBytes, crc32: checksumOf(bytes) };
    const frames: InitialChunkInput[] = [{ header }, ...framesOf(bytes)];
    return new Promise((resolve, reject) => {
      const call = this.#reducer.pushInitial(deadline(), settleWith(resolve, reject));
      for (const frame of frames) call.write(frame);
      call.end();
    });
  }

  pushSample(step: number, png: Buffer): Promise<PushReceipt> {
    return new Promise((resolve, reject) => {
      const sample = { identity: this.identity, step, iteration: 0, png };
      this.#reducer.pushSample(sample, deadline(), settleWith(resolve, reject));
    });
  }

  async pull(group: string, version: number, kind = 'parameters'): Promise<Float32Array> {
    const { runId, incarnation, sessionId } = this.identity;
    const call = this.#reducer.pullParameters(
      { runId, incarnation, sessionId, group, version, kind },
      deadline(),
    );
    const parts: Buffer[] = [];
    for await (const chunk of call) if (chunk.data) parts.push(chunk.data);
    return new Float32Array(Uint8Array.from(Buffer.concat(parts)).buffer);
  }

  /** As when its process is killed. */
  kill(): void {
    this.#call.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.ended;
    this.#training.close();
    this.#reducer.close();
  }

  async #take(isWanted: (message: CoordinatorMessage) => boolean): Promise<CoordinatorMessage> {
    const expiry = Date.now() + DEADLINE_MS;
    for (;;) {
      for (let message = this.#heard.shift(); message !== undefined; message = this.#heard.shift()) {
        if (isWanted(message)) return message;
      }
      if (this.#isEnded) throw new Error(`the stream of ${this.name} has ended`);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${this.name} waited in vain`)), expiry - Date.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

function deadline(): { readonly deadline: number } {
  return { deadline: Date.now() + DEADLINE_MS };
}

function* framesOf(bytes: Uint8Array): Generator<{ readonly data: Uint8Array }> {
  for (const data of chunksOf(bytes)) yield { data };
}

function settleWith<T>(resolve: (value: T) => void, reject: (error: unknown) => void) {
  return (error: ServiceError | null, value?: T): void => {
    if (error !== null || value === undefined) reject(error ?? new Error('neither an error nor a value'));
    else resolve(value);
  };
}
