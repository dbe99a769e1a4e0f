import type { DatasetConfig } from '@atelier/shared/config/run-config';
import type { Dataset } from '../data/dataset.ts';
import { openDataset } from '../datasets/open-dataset.ts';
import type { ImageShape } from '../model/define-model.ts';
import { heldOutPart } from './dataset-part.ts';
import type { EvaluatorData } from './evaluators/open-evaluators.ts';

/** `test` and `validation` are two parts of what training does not use, `train` is what it uses. */
export type EvaluationSplit = 'test' | 'validation' | 'train';

export interface EvaluationDataOptions {
  /** In whatever split: what is measured on and what evaluators are trained on are splits of it. */
  readonly content: DatasetConfig;
  readonly style: DatasetConfig;
  /** What is measured on. */
  readonly split: EvaluationSplit;
  readonly contentShape: ImageShape;
  readonly styleShape: ImageShape;
}

export interface EvaluationData extends EvaluatorData {
  /** What makes numbers worth less than they seem, in words. @param trainedOn digests of what runs were trained on */
  caveats(trainedOn: ReadonlySet<string>): string[];
  close(): Promise<void>;
}

/** @throws DatasetError, and for shards ShardError, ObjectStoreError */
export async function openEvaluationData(options: EvaluationDataOptions): Promise<EvaluationData> {
  const { split, contentShape, styleShape } = options;
  const opened: Dataset[] = [];
  const open = async (config: DatasetConfig, shape: ImageShape): Promise<Dataset> => {
    const dataset = await openDataset(config, shape);
    opened.push(dataset);
    return dataset;
  };
  const openBoth = async (config: DatasetConfig, shape: ImageShape) => ({
    training: await open(inSplit(config, 'train'), shape),
    whole: await open(inSplit(config, split === 'train' ? 'train' : 'test'), shape),
  });
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((dataset) => dataset.close()));
  };
  try {
    const content = await openBoth(options.content, contentShape);
    const style = await openBoth(options.style, styleShape);
    const held = (whole: Dataset): Dataset => (split === 'train' ? whole : heldOutPart(whole, split));
    return {
      training: { content: content.training, style: style.training },
      heldOut: { content: held(content.whole), style: held(style.whole) },
      caveats: (trainedOn) => [
        ...caveatsOf('content', content, trainedOn),
        ...caveatsOf('style', style, trainedOn),
      ],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same data set in another split; one that has no splits stays as it is. */
function inSplit(config: DatasetConfig, split: 'train' | 'test'): DatasetConfig {
  return 'split' in config ? { ...config, split } : config;
}

function caveatsOf(
  domain: string,
  { training, whole }: { readonly training: Dataset; readonly whole: Dataset },
  trainedOn: ReadonlySet<string>,
): string[] {
  const { digest, name } = whole;
  if (trainedOn.has(digest))
    return [`the runs were trained on the ${domain} pictures they are measured on (${name})`];
  return digest === training.digest
    ? [`the evaluators were trained on the ${domain} pictures they measure (${name})`]
    : [];
}
