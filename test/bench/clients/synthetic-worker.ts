import { channelOptions } from '@atelier/proto/channel-options';
import { bytesOfFloats } from '@atelier/proto/frames';
import type { CoordinatorMessage } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { Welcome } from '@atelier/proto/generated/atelier/v1/Welcome';
import { atelierV1 } from '@atelier/proto/loader';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import { nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import { layoutHashOf, type RunDefinition } from '@atelier/shared/layout/run-definition';
import { memoryId } from '@atelier/shared/memory/memory-id';
import { withPauses } from '@atelier/shared/memory/pauses';
import { readFloats } from '@atelier/shared/memory/segment';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { phaseIndexOf } from '@atelier/shared/order/schedule';
import { ControlClient, type ControlStream } from '@atelier/worker/grpc/control-client';
import { DataPlane } from '@atelier/worker/grpc/data-plane';
import { WorkerMetrics } from '@atelier/worker/metrics/worker-metrics';
import { type BlockRun, BlockWorker } from '@atelier/worker/participation/block-worker';
import { credentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { syntheticFingerprint } from './synthetic-run.ts';

export interface SyntheticWorkerOptions {
  readonly address: string;
  readonly name: string;
  readonly definition: RunDefinition;
}

/** By phase: any gradient. The clients of a process share them, and nobody writes to them. */
export type SyntheticNodes = readonly Uint8Array[];

export function syntheticNodesOf(definition: RunDefinition): SyntheticNodes {
  return definition.phases.map((phase) =>
    bytesOfFloats(new Float32Array(nodeLayoutOf(definition, phase).size).fill(1e-3)),
  );
}

/**
 * A worker of which all is real (control stream, pushes, pulls, a connection of its own for them) but the compute
 * thread: that is done at once, with the same gradient each time.
 */
export class SyntheticWorker {
  readonly #options: SyntheticWorkerOptions;
  readonly #modules: { readonly nodes: SyntheticNodes; readonly log: Logger };
  readonly #control: ControlClient;

  constructor(
    options: SyntheticWorkerOptions,
    modules: { readonly nodes: SyntheticNodes; readonly log: Logger },
  ) {
    this.#options = options;
    this.#modules = modules;
    this.#control = new ControlClient({ address: options.address, connectTimeoutMs: 60_000 }, modules);
  }

  /** Works until the stream ends. */
  async work(signal: AbortSignal): Promise<void> {
    const { name } = this.#options;
    const hello = {
      workerId: `${name}-1`,
      name,
      host: 'here',
      pid: process.pid,
      protocolVersion: PROTOCOL_VERSION,
      memoryId: memoryId(),
    };
    const stream = await this.#control.connect(hello, signal);
    let member: Member | undefined;
    for await (const message of stream.messages) {
      if (message.welcome) member = this.#enter(message.welcome, stream);
      else if (member !== undefined) await member.hear(message);
    }
    await member?.blocks.close();
  }

  #enter(
    { runId, incarnation, sessionId, heartbeatMs, memoryId: peerId }: Welcome,
    stream: ControlStream,
  ): Member {
    const { address, name, definition } = this.#options;
    const { nodes, log } = this.#modules;
    const metrics = new WorkerMetrics({ name }, { isIn: () => true, engine: () => undefined });
    const client = new atelierV1.Reducer(address, credentials.createInsecure(), {
      ...channelOptions,
      'grpc.use_local_subchannel_pool': 1,
    });
    const memory = new SharedMemory({
      onOff: (reason) => log.warn({ reason }, 'shared memory is not available'),
    });
    const identity = { runId, incarnation, sessionId, layoutHash: layoutHashOf(definition) };
    const dataPlane = new DataPlane({ identity, memoryId: peerId }, { client, memory, metrics });
    const blocks = new BlockWorker({
      run: syntheticBlockRun(definition, nodes),
      dataPlane,
      metrics,
      log,
      reportFailure: (step, node, message) => stream.send({ blockFailed: { step, node, message } }),
      onExpelled: (reason) => log.error({ reason }, 'expelled'),
    });
    stream.send({
      ready: {
        fingerprintJson: JSON.stringify(syntheticFingerprint),
        definitionJson: JSON.stringify(definition),
        device: 'none',
      },
    });
    setInterval(() => stream.send({ heartbeat: { activity: 'compute' } }), heartbeatMs).unref();
    const values = () => new Float32Array(initialLayoutOf(definition).size).fill(1e-2);
    return {
      blocks,
      async hear(message) {
        if (message.initialize) await dataPlane.pushInitial(values(), new AbortController().signal);
        else if (message.assignment) {
          const { step, blocks: given, parameters, reducers } = message.assignment;
          blocks.assign(step, given, parameters, reducers ?? undefined);
        } else if (message.revoke) blocks.revoke(message.revoke.step, message.revoke.blocks);
      },
    };
  }
}

interface Member {
  readonly blocks: BlockWorker;
  hear(message: CoordinatorMessage): Promise<void>;
}

function syntheticBlockRun(definition: RunDefinition, nodes: SyntheticNodes): BlockRun {
  return {
    config: { batchPerVirtualWorker: 1, wire: 'f32' },
    definition,
    batches: {
      take: () => Promise.resolve({}),
      readAhead: () => undefined,
      firstAhead: () => Promise.resolve(undefined),
    },
    compute: {
      readParameters: async ({ segment, length }) =>
        withPauses(readFloats(segment, new Float32Array(length))),
      setParameters: () => Promise.resolve(),
      addDifference: () => Promise.resolve(),
      begin: () => Promise.resolve(),
      // The next step sends the same.
      free: () => {},
      compute: ({ step }) => {
        const bytes = nodes[phaseIndexOf(step, nodes.length)];
        if (bytes === undefined) throw new Error(`no phase has step ${step}`);
        return Promise.resolve({ bytes, seconds: 1e-3 });
      },
    },
  };
}
