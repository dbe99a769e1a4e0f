import type { RunConfig } from '@atelier/shared/config/run-config';
import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import type { MemoryError } from '@atelier/shared/memory/memory-error';
import type { SegmentName } from '@atelier/shared/memory/segment';
import type { NodeId } from '@atelier/shared/tree/node-id';
import type { ModelDescription } from '../model/model-description.ts';
import type { EngineState } from '../phases/engine-state.ts';
import type { FrozenGraph } from '../trained/frozen-graph.ts';
import type {
  JudgedImages,
  JudgeInputs,
  RenderedImages,
  RenderWork,
  StyleCodeWork,
  TrainedFlats,
} from '../trained/trained-work.ts';

/**
 * What the main thread may ask of the compute thread, with the answers. Arrays are handed over, not copied: whoever
 * sends one can no longer read it.
 */
export interface ComputeCalls {
  /** First call: the engine, then the model. */
  readonly load: { readonly request: LoadRequest; readonly reply: LoadReply };
  /** The run's initial values, see initialParametersOf. */
  readonly initialize: {
    readonly request: Record<string, never>;
    readonly reply: { readonly values: Float32Array };
  };
  /** Reads them where another process has them: the thread's engine computes with what it has read, without a copy. */
  readonly readParameters: { readonly request: LentParameters; readonly reply: ReadOutcome };
  readonly setParameters: { readonly request: GroupParameters; readonly reply: Record<string, never> };
  /** Only to parameters that were set in a run whose wire has differences. */
  readonly addDifference: { readonly request: GroupDifference; readonly reply: Record<string, never> };
  readonly compute: { readonly request: BlockWork; readonly reply: BlockSum };
  /** Begins the first leaf of a block that will most likely be asked for next. */
  readonly begin: { readonly request: BlockWork; readonly reply: Record<string, never> };
  /** The generator as a graph that stands alone. */
  readonly freeze: { readonly request: TrainedFlats; readonly reply: { readonly graph: FrozenGraph } };
  readonly styleCodes: { readonly request: StyleCodeWork; readonly reply: { readonly codes: Float32Array } };
  readonly judge: {
    readonly request: TrainedFlats & { readonly inputs: JudgeInputs };
    readonly reply: { readonly judged: JudgedImages };
  };
  readonly render: { readonly request: RenderWork; readonly reply: { readonly images: RenderedImages } };
}

export interface LoadRequest {
  readonly engine: RunConfig['engine'];
  readonly model: RunConfig['model'];
  readonly seed: number;
  readonly batchPerVirtualWorker: number;
  readonly wire: RunConfig['wire'];
}

export interface LoadReply {
  readonly fingerprint: EngineFingerprint;
  /** In words. */
  readonly device: string;
  readonly model: ModelDescription;
}

export interface GroupParameters {
  readonly group: string;
  /** In the group's layout. */
  readonly flat: Float32Array;
}

/** Parameters, or the difference to them, in a segment of another process. */
export interface LentParameters {
  readonly group: string;
  readonly segment: SegmentName;
  /** Of the group. */
  readonly length: number;
  /** As of GroupDifference. */
  readonly isDifference: boolean;
}

/** Without a failure the thread has them; with one it has nothing of the group. */
export interface ReadOutcome {
  readonly failure?: Pick<MemoryError, 'code' | 'message'>;
}

export interface GroupDifference {
  readonly group: string;
  /** From the parameters that are set to the next version's: see shared/src/wire/parameter-wire.ts. */
  readonly difference: Float32Array;
}

/** An aligned block of virtual workers of one step. */
export interface BlockWork {
  readonly step: number;
  readonly node: NodeId;
  /** By domain, NHWC: the batches of the block's virtual workers one after another. */
  readonly batches: Readonly<Record<string, Float32Array>>;
}

export interface BlockSum {
  /** The node, as the run's wire has it. */
  readonly bytes: Uint8Array;
  /** In the compute thread. */
  readonly seconds: number;
}

export type ComputeCall = keyof ComputeCalls;

export type ComputeRequest = {
  readonly [Call in ComputeCall]: {
    readonly id: number;
    readonly call: Call;
    readonly request: ComputeCalls[Call]['request'];
  };
}[ComputeCall];

/** Takes effect between two virtual workers: a running TensorFlow call cannot be interrupted. */
export interface CancelRequest {
  readonly id: number;
  readonly call: 'cancel';
}

export interface ComputeAnswer<Call extends ComputeCall = ComputeCall> {
  readonly id: number;
  readonly result:
    | { readonly kind: 'reply'; readonly reply: ComputeCalls[Call]['reply'] }
    | { readonly kind: 'cancelled' }
    | {
        readonly kind: 'error';
        readonly name: string;
        readonly message: string;
        readonly stack: string | undefined;
      };
  /** After the call; undefined while nothing is loaded. */
  readonly engine: EngineState | undefined;
}
