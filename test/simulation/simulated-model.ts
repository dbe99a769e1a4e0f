import { TrainingState } from '@atelier/coordinator/training/training-state';
import { bytesOfFloats } from '@atelier/proto/frames';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { type NodeId, rootOf, siblingOf } from '@atelier/shared/tree/node-id';
import { toyDefinition, toyInitialValues, toyNodeLayout } from '../harness/toy-run.ts';
import { snapshotDigestOf } from './snapshot-digest.ts';

/** What a worker computes with, by group. */
export type Parameters = ReadonlyMap<string, Float32Array>;

/** Of a leaf: no two steps, virtual workers or parameters give the same values, and no two roundings are alike. */
function leafOf(step: number, virtualWorker: number, parameters: Parameters): Float32Array {
  let mixed = 0;
  for (const values of parameters.values()) for (const value of values) mixed = mixed * 1.37 + value;
  const { size } = toyNodeLayout(step);
  return Float32Array.from({ length: size }, (_, i) =>
    Math.sin(1 + step * 12.9898 + virtualWorker * 78.233 + i + mixed),
  );
}

/** The node's sum over its virtual workers, added as in the tree. */
export function nodeOf(step: number, node: NodeId, parameters: Parameters): Float32Array {
  if (node.level === 0) return leafOf(step, node.index, parameters);
  const left = { level: node.level - 1, index: node.index * 2 };
  const right = nodeOf(step, siblingOf(left), parameters);
  return nodeOf(step, left, parameters).map((value, i) => value + (right[i] ?? 0));
}

export interface UndisturbedStep {
  /** Of the whole state before the step. */
  readonly digest: string;
  readonly gradientNorm: number | undefined;
  readonly losses: Readonly<Record<string, number>> | undefined;
}

const known = new Map<string, Promise<readonly UndisturbedStep[]>>();

/** A run of the config as it is when nothing disturbs it: what is true before each step, and last what it ends with. */
export function undisturbedRun(config: RunConfig): Promise<readonly UndisturbedStep[]> {
  const key = `${config.virtualWorkers}/${config.iterations}`;
  const found = known.get(key) ?? train(config);
  known.set(key, found);
  return found;
}

async function train(config: RunConfig): Promise<UndisturbedStep[]> {
  const training = TrainingState.create({ definition: toyDefinition, config });
  training.initialize(bytesOfFloats(toyInitialValues()));
  const steps: UndisturbedStep[] = [];
  const numSteps = config.iterations * toyDefinition.phases.length;
  for (let step = 0; ; step += 1) {
    const digest = snapshotDigestOf(await training.snapshot());
    if (step === numSteps) return [...steps, { digest, gradientNorm: undefined, losses: undefined }];
    const parameters = new Map(
      toyDefinition.groups.map(({ name }) => [name, floatsOf(training.bytesOf(name, 'parameters'))]),
    );
    const buffer = training.allocateNode(step);
    const bytes = bytesOfFloats(nodeOf(step, rootOf(config.virtualWorkers), parameters));
    buffer.partAt(0, bytes.length).set(bytes);
    training.addNode(step, rootOf(config.virtualWorkers), buffer);
    const outcome = await training.commit(step);
    if (outcome.kind !== 'committed') throw new Error(`step ${step}: ${outcome.what}`);
    steps.push({ digest, gradientNorm: outcome.gradientNorm, losses: outcome.losses });
  }
}

export function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
