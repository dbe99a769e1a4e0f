import { noteRefusal } from '@atelier/coordinator/grpc/answer';
import type { Caller } from '@atelier/coordinator/refusals/caller';
import { RefusedError } from '@atelier/coordinator/refusals/refused-error';
import { bytesOfFloats, checksumOf } from '@atelier/proto/frames';
import type { AssignmentInput } from '@atelier/proto/generated/atelier/v1/Assignment';
import type { CoordinatorMessageInput } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { NodeHeader } from '@atelier/proto/generated/atelier/v1/NodeHeader';
import type { PushIdentity } from '@atelier/proto/generated/atelier/v1/PushIdentity';
import type { WelcomeInput } from '@atelier/proto/generated/atelier/v1/Welcome';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import { layoutHashOf } from '@atelier/shared/layout/run-definition';
import { type NodeId, nodeKey, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import { toyDefinition, toyFingerprint, toyInitialValues } from '../harness/toy-run.ts';
import type { CoordinatorLife } from './coordinator-life.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { SeededChance } from './seeded-chance.ts';
import { floatsOf, nodeOf } from './simulated-model.ts';
import { SimulatedStream, type StreamEnd } from './simulated-stream.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { Trace } from './trace.ts';

// Over 250 lines: all that a worker says and hears, and all that can befall it.

const HEARTBEAT_MS = 400;
/** Per virtual worker: even the slowest worker alone ends a run within the simulation's limit. */
const SLOWEST_MS = 300;
const LAYOUT_HASH = layoutHashOf(toyDefinition);
/** One pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export interface SimulatedWorkerModules {
  readonly time: SimulatedTime;
  readonly chance: SeededChance;
  readonly faults: FaultPlan;
  readonly trace: Trace;
  /** The coordinator that can be reached now. */
  readonly life: () => CoordinatorLife | undefined;
}

interface Task {
  readonly step: number;
  readonly node: NodeId;
  readonly versions: ReadonlyMap<string, number>;
  readonly stream: SimulatedStream;
}

/** What became of something that was asked. */
type Answer = 'done' | 'refused' | 'lost';

interface Known {
  readonly version: number;
  readonly values: Float32Array;
}

/**
 * A worker, as the coordinator meets it: it speaks the protocol, computes a block at a time from the parameters that it pulls,
 * pushes with retries, and dies or freezes when told to. The only part of a simulation that is not the program itself.
 */
export class SimulatedWorker implements StreamEnd {
  readonly id: string;
  readonly #modules: SimulatedWorkerModules;
  readonly #parameters = new Map<string, Known>();
  #msPerVirtualWorker: number;
  #stream: SimulatedStream | undefined;
  #identity: PushIdentity | undefined;
  #heartbeatMs = HEARTBEAT_MS;
  #isConnecting = false;
  #queue: Task[] = [];
  #isComputing = false;
  #frozenUntilMs = 0;
  isAlive = true;
  isDraining = false;

  constructor(id: string, msPerVirtualWorker: number, modules: SimulatedWorkerModules) {
    this.id = id;
    this.#msPerVirtualWorker = msPerVirtualWorker;
    this.#modules = modules;
    this.reconnect();
    this.#beat();
  }

  /** For whoever looks for why a run stands still. */
  get state(): string {
    if (!this.isAlive) return `${this.id} is gone`;
    const stream = this.#stream === undefined ? 'no stream' : this.#stream.state;
    return `${this.id}: ${stream}, ${this.#queue.length} blocks wait${this.#isComputing ? ', computing' : ''}`;
  }

  /** SIGKILL; the other side sees the stream end, or only the silence. */
  crash(isNoticed: boolean): void {
    this.#say(() => 'is killed');
    this.isAlive = false;
    this.breakStream(isNoticed);
  }

  /** SIGSTOP and SIGCONT. */
  freeze(durationMs: number): void {
    this.#say(() => `is stopped for ${durationMs} ms`);
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.#modules.time.now + durationMs);
  }

  slowDown(factor: number): void {
    this.#say(() => 'slows down');
    this.#msPerVirtualWorker = Math.min(SLOWEST_MS, this.#msPerVirtualWorker * factor);
  }

  /** SIGTERM. */
  drain(): void {
    this.#say(() => 'is to leave');
    this.isDraining = true;
    if (this.#stream === undefined) this.isAlive = false;
    else this.#stream.send({ body: 'drainRequest', drainRequest: { reason: 'it is told to leave' } });
  }

  breakStream(isNoticed: boolean): void {
    this.#stream?.cut(isNoticed);
  }

  /** The stream is known to be broken: everything of the old session is forgotten. */
  reconnect(): void {
    this.#stream?.cut(true);
    this.#stream = undefined;
    this.#identity = undefined;
    this.#queue = [];
    if (this.isDraining) this.isAlive = false;
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    this.#later(this.#modules.chance.between(10, 300), () => {
      this.#isConnecting = false;
      const life = this.#modules.life();
      if (life?.isServing !== true) {
        this.reconnect();
        return;
      }
      this.#stream = new SimulatedStream(life, this, this.#modules);
      const hello = { workerId: this.id, name: this.id, host: 'here', pid: 1, memoryId: '' };
      this.#stream.send({ body: 'hello', hello: { ...hello, protocolVersion: PROTOCOL_VERSION } });
    });
  }

  heard(stream: SimulatedStream, message: CoordinatorMessageInput): void {
    this.#later(0, () => {
      if (stream === this.#stream) this.#take(stream, message);
    });
  }

  ended(stream: SimulatedStream): void {
    this.#later(0, () => {
      if (stream === this.#stream) this.reconnect();
    });
  }

  #take(stream: SimulatedStream, message: CoordinatorMessageInput): void {
    if (message.welcome) this.#enter(stream, message.welcome);
    else if (message.initialize) this.#initialize(stream);
    else if (message.assignment) this.#assign(stream, message.assignment);
    else if (message.revoke) {
      const { step, blocks = [] } = message.revoke;
      const keys = new Set(blocks.map((node) => nodeKey(node as NodeId)));
      // What is begun is finished and pushed all the same: the coordinator must cope with it.
      this.#queue = this.#queue.filter((task) => task.step !== step || !keys.has(nodeKey(task.node)));
    } else if (message.render) this.#render(stream, Number(message.render.step));
    else if (message.drained || (message.stop && message.stop.reconnect !== true)) this.isAlive = false;
    else if (message.stop) this.reconnect();
    else if (message.refused) {
      this.#say(() => `is refused: ${message.refused?.message}`);
      this.isAlive = false;
    }
  }

  #enter(stream: SimulatedStream, { runId = '', incarnation = '', sessionId = '' }: WelcomeInput): void {
    this.#identity = { runId, incarnation, sessionId, layoutHash: LAYOUT_HASH };
    this.#later(this.#modules.chance.between(1, 200), () => {
      const fingerprintJson = JSON.stringify(toyFingerprint);
      const definitionJson = JSON.stringify(toyDefinition);
      stream.send({ body: 'ready', ready: { fingerprintJson, definitionJson, device: 'none' } });
    });
  }

  #initialize(stream: SimulatedStream): void {
    const bytes = bytesOfFloats(toyInitialValues());
    const identity = this.#identity ?? null;
    this.#ask(
      stream,
      async ({ dataPlane }, caller) => {
        const unwanted = dataPlane.admitInitial({ identity, numBytes: bytes.byteLength }, caller);
        if (unwanted === undefined) dataPlane.takeInitial(bytes, 'grpc');
      },
      (answer) => {
        if (answer === 'lost' && stream === this.#stream) this.#initialize(stream);
      },
    );
  }

  #render(stream: SimulatedStream, step: number): void {
    if (this.#modules.faults.strikes('blockFails')) {
      stream.send({ body: 'renderFailed', renderFailed: { step, message: 'out of memory' } });
      return;
    }
    const identity = this.#identity ?? null;
    this.#ask(stream, async ({ dataPlane, run }, caller) => {
      for (const { name } of toyDefinition.groups)
        dataPlane.bytesOf({ ...this.#pullOf(name, step), kind: 'ema' }, caller);
      await dataPlane.takeSample({ identity, step, iteration: run.loop?.iteration ?? 0, png: PNG }, caller);
    });
  }

  #assign(stream: SimulatedStream, { step = 0, blocks = [], parameters = [] }: AssignmentInput): void {
    const versions = new Map(parameters.map(({ group = '', version = 0 }) => [group, Number(version)]));
    for (const node of blocks)
      this.#queue.push({ step: Number(step), node: node as NodeId, versions, stream });
    this.#computeNext();
  }

  #computeNext(): void {
    if (this.#isComputing) return;
    const task = this.#queue.shift();
    if (task === undefined) return;
    this.#isComputing = true;
    const missing = [...task.versions].filter(
      ([group, version]) => this.#parameters.get(group)?.version !== version,
    );
    if (missing.length > 0) {
      this.#pull(task, missing);
      return;
    }
    const { chance, faults } = this.#modules;
    const size = numVirtualWorkersOf(task.node);
    const durationMs = Math.max(1, Math.round(size * this.#msPerVirtualWorker * (0.8 + 0.4 * chance.next())));
    const parameters = new Map([...this.#parameters].map(([group, { values }]) => [group, values]));
    this.#later(durationMs, () => {
      this.#isComputing = false;
      const { step, node, stream } = task;
      if (faults.strikes('blockFails'))
        stream.send({ body: 'blockFailed', blockFailed: { step, node, message: 'out of memory' } });
      else {
        const values = nodeOf(step, node, parameters);
        if (faults.strikes('notFinite')) values[0] = Number.NaN;
        this.#push(task, values, durationMs, 0);
      }
      this.#computeNext();
    });
  }

  /** Takes the task up again when what it needs is here; whatever was asked for may have changed meanwhile. */
  #pull(task: Task, missing: readonly (readonly [string, number])[]): void {
    const again = (answer: Answer): void => {
      this.#isComputing = false;
      // A version that is not to be had any more is of a step that is over.
      if (answer !== 'refused' && task.stream === this.#stream) this.#queue.unshift(task);
      this.#computeNext();
    };
    this.#ask(
      task.stream,
      async ({ dataPlane }, caller) => {
        for (const [group, version] of missing) {
          const { bytes } = dataPlane.bytesOf(this.#pullOf(group, version), caller);
          const end = bytes.read();
          const values = Buffer.concat(bytes.messages.map(({ encoded }) => dataIn(encoded)));
          end();
          this.#parameters.set(group, { version, values: floatsOf(values) });
        }
      },
      again,
    );
  }

  #pullOf(group: string, version: number) {
    const { runId = '', incarnation = '', sessionId = '' } = this.#identity ?? {};
    const form = { kind: 'parameters', hasPrevious: false, byMemory: false };
    return { runId, incarnation, sessionId, group, version, ...form };
  }

  /** Pushes overtake each other, get lost before or after they arrived, are repeated, and outlive their sender. */
  #push(task: Task, values: Float32Array, durationMs: number, numAttempts: number): void {
    const { chance, faults, time } = this.#modules;
    const { step, node, stream } = task;
    const bytes = bytesOfFloats(values);
    const header: NodeHeader = {
      ...{ identity: this.#identity ?? null, step, node, numBytes: bytes.byteLength },
      ...{ crc32: checksumOf(bytes), computeSeconds: durationMs / 1000, segment: null },
    };
    const isLost = faults.strikes('loss');
    const isAnswerLost = faults.strikes('loss');
    const numArriving = isLost ? 0 : faults.strikes('duplicate') ? 2 : 1;
    const again = (): void => this.#later(100, () => this.#push(task, values, durationMs, numAttempts + 1));
    for (let copy = 0; copy < numArriving; copy += 1) {
      time.after(
        chance.between(1, 3 * faults.rates.maxDelayMs),
        () => void this.#deliver(stream, header, bytes, again),
      );
    }
    if ((isLost || isAnswerLost) && numAttempts < 20) again();
  }

  /** As grpc/reducer-server.ts does: the bytes come when there is room for them, or are lost. */
  async #deliver(
    stream: SimulatedStream,
    header: NodeHeader,
    bytes: Uint8Array,
    again: () => void,
  ): Promise<void> {
    const { life } = stream;
    if (!life.isServing) return;
    const { chance, faults } = this.#modules;
    const caller: Caller = { session: 'unknown', step: undefined };
    try {
      const signal = life.process.timeoutSignal(20_000);
      const admitted = await life.dataPlane.admitNode(header, { transport: 'grpc', caller, signal });
      if ('receipt' in admitted) {
        if (admitted.receipt.status === 'later') again();
        return;
      }
      await life.process.sleep(chance.between(1, faults.rates.maxDelayMs));
      try {
        if (faults.strikes('loss')) {
          again();
          return;
        }
        admitted.buffer.partAt(0, bytes.byteLength).set(bytes);
        admitted.take();
      } finally {
        admitted.buffer.release();
        admitted.leave();
      }
    } catch (error) {
      this.#noteRefusal(error, caller, stream);
    }
  }

  /** Asks the coordinator of a stream for something, there and back. Never rejects. */
  #ask(
    stream: SimulatedStream,
    ask: (life: CoordinatorLife, caller: Caller) => Promise<void>,
    answered: (answer: Answer) => void = () => undefined,
  ): void {
    const { life } = stream;
    const { chance, faults, time } = this.#modules;
    const delayMs = () => chance.between(1, faults.rates.maxDelayMs);
    if (faults.strikes('loss')) {
      this.#later(200, () => answered('lost'));
      return;
    }
    time.after(delayMs(), () => {
      const caller: Caller = { session: 'unknown', step: undefined };
      const act = async (): Promise<Answer> => {
        try {
          if (!life.isServing) return 'lost';
          await ask(life, caller);
          return 'done';
        } catch (error) {
          this.#noteRefusal(error, caller, stream);
          return 'refused';
        }
      };
      void act().then((answer) => this.#later(delayMs(), () => answered(answer)));
    });
  }

  #noteRefusal(error: unknown, caller: Caller, stream: SimulatedStream): void {
    const { life } = stream;
    if (!life.isServing) return;
    noteRefusal(error, caller, life.run);
    life.check(error);
    if (!(error instanceof RefusedError)) return;
    this.#say(() => `is answered: ${error.message}`);
    if (error.code === 'unknown-session' && stream === this.#stream) this.#later(1, () => this.reconnect());
  }

  #beat(): void {
    this.#later(this.#heartbeatMs, () => {
      const stream = this.#stream;
      const heartbeat = {
        step: 0,
        activity: 'compute',
        numTensors: 0,
        residentBytes: 0,
        eventLoopLagSeconds: 0,
      };
      if (stream !== undefined && this.#identity !== undefined) {
        if (stream.isUp && stream.life.process.isAlive) stream.send({ body: 'heartbeat', heartbeat });
        else this.reconnect();
      } else if (stream !== undefined && !(stream.isUp && stream.life.process.isAlive)) this.reconnect();
      this.#beat();
    });
  }

  #say(what: () => string): void {
    this.#modules.trace(() => `# ${this.id} ${what()} at ${this.#modules.time.now}`);
  }

  /** Nothing happens in a dead process; in a stopped one it happens when it wakes. */
  #later(delayMs: number, action: () => void): void {
    const { time } = this.#modules;
    const run = (): void => {
      if (!this.isAlive) return;
      if (time.now < this.#frozenUntilMs) time.at(this.#frozenUntilMs, run);
      else action();
    };
    time.after(delayMs, run);
  }
}

/** What a message of parameters carries, behind its tag and length (proto/encoded-data.ts). */
function dataIn(encoded: Buffer): Buffer {
  let at = 1;
  while (((encoded[at] ?? 0) & 0x80) !== 0) at += 1;
  return encoded.subarray(at + 1);
}
