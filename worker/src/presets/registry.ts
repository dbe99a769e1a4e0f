import type { ModelFactory } from '../model/define-model.ts';
import { adain32, adain64 } from './adain/adain.ts';
import { article, articleFull } from './article.ts';
import { dcgan32 } from './dcgan.ts';

/** The models that a config may name. */
export const presets: ReadonlyMap<string, ModelFactory> = new Map(
  [adain32, adain64, dcgan32, article, articleFull].map((factory: ModelFactory) => [factory.name, factory]),
);
