import type { GroupDefinition, PhaseDefinition } from '@atelier/shared/layout/run-definition';
import type { ImageShape, Model } from './define-model.ts';

/** What can be said of a model without its functions: crosses from the compute thread to the main thread. */
export interface ModelDescription {
  readonly name: string;
  readonly domains: Readonly<Record<string, ImageShape>>;
  readonly groups: readonly GroupDefinition[];
  readonly phases: readonly PhaseDefinition[];
  readonly generate: GenerateDescription;
}

/** Which inputs the model's images are made from, and whose parameters. */
export type GenerateDescription =
  | {
      readonly kind: 'stylize';
      readonly content: string;
      readonly style: string;
      readonly uses: readonly string[];
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
  };
}

function shapeOf({ name, shape }: { readonly name: string; readonly shape: readonly number[] }) {
  return { name, shape };
}

function describeGenerate(generate: Model['generate']): GenerateDescription {
  const { uses } = generate;
  return generate.kind === 'stylize'
    ? { kind: 'stylize', content: generate.content, style: generate.style, uses }
    : { kind: 'noise', noiseSize: generate.noiseSize, uses };
}
