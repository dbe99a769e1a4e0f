import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { ImageShape, Model } from '../model/define-model.ts';
import { describeModel } from '../model/model-description.ts';
import { named } from '../model/named.ts';
import { loadModel } from '../presets/load-model.ts';
import { checkFit } from '../sample/check-fit.ts';
import { renderImages } from '../trained/render.ts';
import { EvaluationError } from './evaluation-error.ts';
import { type Pictures, picturesOf } from './metrics/pictures.ts';

/** A trained model that paints pairs, in the thread that calls it; the moving average's parameters where there is one. */
export class PairPainter {
  readonly contentShape: ImageShape;
  readonly styleShape: ImageShape;
  readonly #model: Model;
  readonly #parameters: Readonly<Record<string, Float32Array>>;
  readonly #statistics: Readonly<Record<string, Float32Array>>;

  private constructor(model: Model, snapshot: RunSnapshot, contentShape: ImageShape, styleShape: ImageShape) {
    this.#model = model;
    this.contentShape = contentShape;
    this.styleShape = styleShape;
    const groups = Object.entries(snapshot.groups).filter(([name]) => model.generate.uses.includes(name));
    this.#parameters = Object.fromEntries(
      groups.map(([name, { ema, parameters }]) => [name, ema ?? parameters]),
    );
    this.#statistics = Object.fromEntries(groups.map(([name, { statistics }]) => [name, statistics]));
  }

  /** @throws ModelError, EvaluationError 'no-stylizer' */
  static async load(config: RunConfig, snapshot: RunSnapshot): Promise<PairPainter> {
    const model = await loadModel(config.model, { batchSize: config.batchPerVirtualWorker });
    const { generate, domains, name } = model;
    if (generate.kind !== 'stylize') {
      throw new EvaluationError(
        'no-stylizer',
        `model '${name}' makes pictures from noise, so it has no contents and styles to evaluate`,
      );
    }
    checkFit(describeModel(model), snapshot);
    return new PairPainter(model, snapshot, named(domains, generate.content), named(domains, generate.style));
  }

  /** @param contents, styles as their data sets give them, one style for each content */
  paint(content: Float32Array, style: Float32Array): Pictures {
    const inputs = { kind: 'stylize', content, style } as const;
    const { pixels, shape } = renderImages(this.#model, this.#parameters, this.#statistics, inputs);
    return picturesOf(pixels, shape[1], shape[3] === 1 ? 1 : 3);
  }
}
