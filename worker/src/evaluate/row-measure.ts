import type { ContentJudge } from './evaluators/content-judge.ts';
import type { StyleEye, StyleSight } from './evaluators/style-eye.ts';
import { frechetDistance, type Gaussian, gaussianOf } from './metrics/frechet-distance.ts';
import { relativeGramDistance } from './metrics/gram-distance.ts';
import { layoutCorrelation } from './metrics/layout-correlation.ts';
import { meanOf } from './metrics/mean-and-spread.ts';
import { meanPairwiseDistance, nearestOf } from './metrics/nearest.ts';
import { lumaOf, type Pictures, pictureAt } from './metrics/pictures.ts';
import { type Slices, slicedWasserstein, slicesOf } from './metrics/sliced-wasserstein.ts';
import type { MetricValues } from './report.ts';

/** What is seen of one group's styles and contents, before anything is painted. */
export interface GroupReference {
  /** Class of each content, where it is known. */
  readonly labels: readonly number[] | undefined;
  readonly slices: readonly Slices[];
  readonly sights: readonly StyleSight[];
  readonly lumas: readonly Float32Array[];
}

export function referenceOf(
  styles: Pictures,
  labels: readonly number[] | undefined,
  eye: StyleEye,
): GroupReference {
  return { labels, slices: slicesOf(styles), sights: eye.look(styles), lumas: lumasOf(styles) };
}

/** The metrics of one row of the table, group by group. */
export class RowMeasure {
  readonly #judge: ContentJudge | undefined;
  readonly #eye: StyleEye;
  readonly #isRight: number[] = [];
  readonly #swd: number[] = [];
  readonly #gram: number[] = [];
  readonly #isNearestSwd: number[] = [];
  readonly #isNearestGram: number[] = [];
  readonly #layout: number[] = [];
  readonly #ownVariety: number[] = [];
  readonly #styleVariety: number[] = [];
  readonly #embeddings: Float32Array[] = [];

  constructor(modules: { readonly judge: ContentJudge | undefined; readonly eye: StyleEye }) {
    this.#judge = modules.judge;
    this.#eye = modules.eye;
  }

  /**
   * @param painted of each pair of the group its picture
   * @param fan the first content in each style of the group
   */
  add(painted: Pictures, fan: Pictures, reference: GroupReference): void {
    const { labels, slices: styleSlices, sights: styleSights, lumas } = reference;
    if (this.#judge !== undefined && labels !== undefined) {
      const classes = this.#judge.classesOf(painted);
      for (const [i, label] of labels.entries()) this.#isRight.push(Number(classes[i] === label));
    }
    const sights = this.#eye.look(painted);
    const paintedLumas = lumasOf(painted);
    for (const [i, slices] of slicesOf(painted).entries()) {
      const [styleSlice, styleSight, styleLuma] = [styleSlices[i], styleSights[i], lumas[i]];
      const [sight, luma] = [sights[i], paintedLumas[i]];
      if (!styleSlice || !styleSight || !styleLuma || !sight || !luma)
        throw new Error('a group has as many paintings as styles');
      this.#swd.push(slicedWasserstein(slices, styleSlice));
      this.#gram.push(relativeGramDistance(sight.grams, styleSight.grams));
      this.#layout.push(layoutCorrelation(luma, styleLuma));
      this.#embeddings.push(sight.embedding);
      const nearestSwd = nearestOf(styleSlices, (style) => slicedWasserstein(slices, style));
      const nearestGram = nearestOf(styleSights, ({ grams }) => relativeGramDistance(sight.grams, grams));
      this.#isNearestSwd.push(Number(nearestSwd === i));
      this.#isNearestGram.push(Number(nearestGram === i));
    }
    this.#ownVariety.push(meanPairwiseDistance(slicesOf(fan), slicedWasserstein));
    this.#styleVariety.push(meanPairwiseDistance(styleSlices, slicedWasserstein));
  }

  /** @param styles all styles' embeddings */
  values(styles: Gaussian): MetricValues {
    return {
      ...(this.#isRight.length === 0 ? {} : { judge: meanOf(this.#isRight) }),
      swd: meanOf(this.#swd),
      gram: meanOf(this.#gram),
      top1Swd: meanOf(this.#isNearestSwd),
      top1Gram: meanOf(this.#isNearestGram),
      layout: meanOf(this.#layout),
      diversity: meanOf(this.#ownVariety) / meanOf(this.#styleVariety),
      // In units in which the styles' total variance is 1: embeddings have a scale of their own.
      frechet: frechetDistance(gaussianOf(this.#embeddings), styles) / styles.covariance.trace(),
    };
  }
}

function lumasOf(pictures: Pictures): Float32Array[] {
  return Array.from({ length: pictures.count }, (_, i) => lumaOf(pictureAt(pictures, i)));
}
