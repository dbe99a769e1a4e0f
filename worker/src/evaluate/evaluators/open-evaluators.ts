import { createHash } from 'node:crypto';
import { bytesOfFloats } from '@atelier/proto/frames';
import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import { cachedBytes } from '../../data/byte-cache.ts';
import type { Dataset } from '../../data/dataset.ts';
import {
  ContentJudge,
  JUDGE_RECIPE,
  type JudgeAccuracies,
  judgeNetworkOf,
  trainJudge,
} from './content-judge.ts';
import type { Network } from './network.ts';
import {
  exemplarNetworkOf,
  STYLE_EYE_RECIPE,
  StyleEye,
  type StyleEyeAccuracy,
  trainStyleEye,
} from './style-eye.ts';

/** How long evaluators are trained: numbers compare only between evaluations of one effort. */
export interface EvaluatorEffort {
  readonly judgeSteps: number;
  readonly styleSteps: number;
  /** On how many pictures each evaluator is itself tried. */
  readonly numTried: number;
}

export const FULL_EFFORT: EvaluatorEffort = { judgeSteps: 2500, styleSteps: 1500, numTried: 1000 };

export interface Evaluators {
  /** Absent where no labels of the contents are known. */
  readonly judge?: { readonly judge: ContentJudge; readonly accuracies: JudgeAccuracies };
  readonly style: { readonly eye: StyleEye; readonly accuracy: StyleEyeAccuracy };
}

export interface EvaluatorData {
  /** What evaluators are trained on. */
  readonly training: { readonly content: Dataset; readonly style: Dataset };
  /** What they are tried on. */
  readonly heldOut: { readonly content: Dataset; readonly style: Dataset };
}

export type EvaluatorProgress = (what: string, step: number, numSteps: number) => void;

/**
 * The networks that measure, trained by the project itself and kept in the cache: by how they are made, what they were
 * trained on, and the engine. Their own accuracies are measured anew each time.
 * @throws DatasetError
 */
export async function openEvaluators(
  { training, heldOut }: EvaluatorData,
  options: {
    readonly effort: EvaluatorEffort;
    readonly fingerprint: EngineFingerprint;
    readonly cacheFolder: string;
    readonly onProgress?: EvaluatorProgress;
  },
): Promise<Evaluators> {
  const { effort, fingerprint, cacheFolder } = options;
  const keep = async (
    network: Network,
    recipe: readonly (number | string)[],
    numSteps: number,
    train: (onStep: (step: number) => void) => Promise<Float32Array>,
  ): Promise<Float32Array> => {
    const key = keyOfEvaluator([network.name, ...recipe, numSteps], network, fingerprint);
    const { bytes } = await cachedBytes(cacheFolder, key, async () =>
      bytesOfFloats(await train((step) => options.onProgress?.(network.name, step, numSteps))),
    );
    return floatsFrom(bytes);
  };
  const { content, style } = training;
  const exemplar = exemplarNetworkOf(style);
  const styleFlat = await keep(exemplar, [STYLE_EYE_RECIPE, style.digest], effort.styleSteps, (onStep) =>
    trainStyleEye(style, effort.styleSteps, onStep),
  );
  const eye = new StyleEye(exemplar, styleFlat);
  const seen = { style: { eye, accuracy: await eye.accuracy(style, effort.numTried) } };
  if (content.labels === undefined || heldOut.content.labels === undefined) return seen;

  const network = judgeNetworkOf(training);
  const recipe = [JUDGE_RECIPE, content.digest, style.digest];
  const judgeFlat = await keep(network, recipe, effort.judgeSteps, (onStep) =>
    trainJudge(training, effort.judgeSteps, onStep),
  );
  const judge = new ContentJudge(network, judgeFlat);
  return { ...seen, judge: { judge, accuracies: await judge.accuracies(heldOut, effort.numTried) } };
}

function keyOfEvaluator(
  recipe: readonly (number | string)[],
  { name, tensors }: Network,
  fingerprint: EngineFingerprint,
): string {
  const shapes = flatLayoutOf(tensors).tensors.map(({ name: tensor, shape }) => [tensor, shape]);
  const digest = createHash('sha256')
    .update(JSON.stringify([recipe, shapes, fingerprint]))
    .digest('hex');
  return `${name}-${digest.slice(0, 32)}.parameters`;
}

/** A copy: bytes out of a file need not lie where floats may. */
function floatsFrom(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
