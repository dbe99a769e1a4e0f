import type { ModelFactory } from './define-model.ts';
import { adain32, adain64 } from './presets/adain/adain.ts';
import { article, articleFull } from './presets/article.ts';
import { dcgan32 } from './presets/dcgan.ts';

/** The models that a config may name. */
export const presets: ReadonlyMap<string, ModelFactory> = new Map(
  [adain32, adain64, dcgan32, article, articleFull].map((factory: ModelFactory) => [factory.name, factory]),
);
