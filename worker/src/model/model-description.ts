import type { GroupDefinition, PhaseDefinition } from '@atelier/shared/layout/run-definition';
import type { ImageShape, Model } from './define-model.ts';

/** What can be said of a model without its functions: crosses from the compute thread to the main thread. */
export interface ModelDescription {
  readonly name: string;
  readonly domains: Readonly<Record<string, ImageShape>>;
  readonly groups: readonly GroupDefinition[];
  readonly phases: readonly PhaseDefinition[];
  readonly generate: GenerateDescription;
  /** The groups that its judge uses; undefined where it has none. */
  readonly judge?: { readonly uses: readonly string[] } | undefined;
}

/** Which inputs the model's images are made from, and whose parameters. */
export type GenerateDescription =
  | {
      readonly kind: 'stylize';
      readonly content: string;
      readonly style: string;
      readonly uses: readonly string[];
      /** Of contents' sides, for a model that reads styles apart; undefined for one that does not. */
      readonly sizeStep?: number | undefined;
    }
  | { readonly kind: 'noise'; readonly noiseSize: number; readonly uses: readonly string[] };

export function describeModel(model: Model): ModelDescription {
  return {
    name: model.name,
    domains: model.domains,
    groups: model.groups.map(({ name, tensors, statistics = [] }) => ({
      name,
      tensors: tensors.map(shapeOf),
      statistics: statistics.map(shapeOf),
    })),
    phases: model.phases.map(({ name, group, reads, losses }) => ({ name, group, reads, losses })),
    generate: describeGenerate(model.generate),
    judge: model.judge === undefined ? undefined : { uses: model.judge.uses },
  };
}

function shapeOf({ name, shape }: { readonly name: string; readonly shape: readonly number[] }) {
  return { name, shape };
}

function describeGenerate(generate: Model['generate']): GenerateDescription {
  const { uses } = generate;
  return generate.kind === 'stylize'
    ? {
        kind: 'stylize',
        content: generate.content,
        style: generate.style,
        uses,
        sizeStep: generate.styles?.sizeStep,
      }
    : { kind: 'noise', noiseSize: generate.noiseSize, uses };
}
