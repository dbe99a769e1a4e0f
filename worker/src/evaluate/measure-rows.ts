import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dataset } from '../data/dataset.ts';
import type { Tile } from '../sample/grid.ts';
import type { Evaluators } from './evaluators/open-evaluators.ts';
import { gaussianOf } from './metrics/frechet-distance.ts';
import { type Pictures, picturesOf, tileAt } from './metrics/pictures.ts';
import { GROUP_SIZE, type PairGroup, pairGroupsOf } from './pairs.ts';
import type { MetricValues } from './report.ts';
import { RowMeasure, referenceOf } from './row-measure.ts';

/** What makes pictures of contents and styles as their data sets give them, one style for each content. */
export interface RowPainter {
  readonly name: string;
  paint(content: Float32Array, style: Float32Array): Pictures;
}

/** One pair, and what each row has made of it. */
export interface ShownPair {
  readonly content: Tile;
  readonly style: Tile;
  readonly rows: readonly { readonly name: string; readonly tile: Tile }[];
}

export interface MeasureOptions {
  readonly seed: number;
  readonly numPairs: number;
  readonly numShown: number;
  onPairs(done: number): void;
}

/** Every row on the same pairs. @returns the values in the order of the painters @throws DatasetError, EvaluationError */
export async function measureRows(
  painters: readonly RowPainter[],
  data: { readonly content: Dataset; readonly style: Dataset },
  { judge, style: { eye } }: Evaluators,
  options: MeasureOptions,
): Promise<{ readonly values: MetricValues[]; readonly shown: ShownPair[] }> {
  const { seed, numPairs, numShown } = options;
  const { numExamples: numContents, labels } = data.content;
  const { numExamples: numStyles } = data.style;
  const groups = pairGroupsOf({ numPairs, seed, numContents, numStyles });
  const rows = painters.map((painter) => ({
    painter,
    measure: new RowMeasure({ judge: judge?.judge, eye }),
  }));
  const embeddings: Float32Array[] = [];
  const shown: ShownPair[] = [];
  for (const [i, group] of groups.entries()) {
    const { contents, fanContents, styles } = await readGroup(data, group);
    const { size, channels } = data.style.shape;
    const labelsOfGroup = labels && group.contents.map((number) => labels[number] ?? 0);
    const reference = referenceOf(picturesOf(styles, size, channels), labelsOfGroup, eye);
    embeddings.push(...reference.sights.map(({ embedding }) => embedding));
    const paintings = rows.map(({ painter, measure }) => {
      const painted = painter.paint(contents, styles);
      measure.add(painted, painter.paint(fanContents, styles), reference);
      return { name: painter.name, painted };
    });
    for (let k = 0; k < GROUP_SIZE && shown.length < numShown; k += 1) {
      shown.push({
        content: tileAt(picturesOf(contents, data.content.shape.size, data.content.shape.channels), k),
        style: tileAt(picturesOf(styles, size, channels), k),
        rows: paintings.map(({ name, painted }) => ({ name, tile: tileAt(painted, k) })),
      });
    }
    options.onPairs((i + 1) * GROUP_SIZE);
    // The process hears signals and tells of its progress meanwhile.
    await nextTurn();
  }
  const styles = gaussianOf(embeddings);
  return { values: rows.map(({ measure }) => measure.values(styles)), shown };
}

/** `fanContents`: the first content once for each style. */
async function readGroup(
  { content, style }: { readonly content: Dataset; readonly style: Dataset },
  group: PairGroup,
): Promise<Record<'contents' | 'fanContents' | 'styles', Float32Array>> {
  const [first = 0] = group.contents;
  const [contents, fanContents, styles] = await Promise.all([
    content.read(group.contents),
    content.read(group.contents.map(() => first)),
    style.read(group.styles),
  ]);
  return { contents, fanContents, styles };
}
