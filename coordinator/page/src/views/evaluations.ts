import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { JudgedEvaluation } from '@atelier/shared/evaluation/evaluation';
import { type MetricName, metricNames } from '@atelier/shared/evaluation/metric-names';
import { element, elementById, setText } from '../markup/element.ts';
import { decimal, whole } from '../markup/format.ts';
import { MetricChart } from './metric-chart.ts';

/** What was measured of the run's checkpoints, metric by metric, and which is the best. Hidden while nobody measures. */
export class Evaluations {
  readonly #card = elementById('evaluation');
  readonly #best = element('p', { class: 'best' });
  readonly #newest = element('p');
  readonly #activity = element('p', { class: 'activity' });
  readonly #grid = element('div', { class: 'metrics' });
  readonly #charts = new Map<MetricName, MetricChart>();
  #evaluations: readonly JudgedEvaluation[] = [];

  constructor() {
    this.#card.append(
      element('div', { class: 'standing' }, this.#best, this.#newest, this.#activity),
      this.#grid,
    );
  }

  show({ evaluator }: RunStatus): void {
    setText(this.#activity, evaluator === '' ? '' : `Now: ${evaluator}`);
    this.#card.hidden = evaluator === '' && this.#evaluations.length === 0;
  }

  /** All there are, oldest first. */
  replace(evaluations: readonly JudgedEvaluation[]): void {
    this.#evaluations = evaluations;
    const newest = evaluations.at(-1);
    if (newest === undefined) return;
    const best = evaluations.findLast(({ isBest }) => isBest);
    this.#card.hidden = false;
    setText(this.#best, best === undefined ? '' : `Best: ${standingOf(best)}, kept in best/`);
    setText(this.#newest, `Newest: ${standingOf(newest)}`);
    for (const metric of metricNames) {
      if (evaluations.some(({ values }) => values[metric] !== undefined))
        this.#chartOf(metric).show(evaluations);
    }
  }

  add(evaluation: JudgedEvaluation): void {
    if (evaluation.step > (this.#evaluations.at(-1)?.step ?? -1))
      this.replace([...this.#evaluations, evaluation]);
  }

  /** Its place is that of its metric among those that are measured. */
  #chartOf(metric: MetricName): MetricChart {
    const known = this.#charts.get(metric);
    if (known !== undefined) return known;
    const chart = new MetricChart(metric);
    this.#charts.set(metric, chart);
    this.#grid.append(chart.root);
    return chart;
  }
}

function standingOf({ iteration, barsMet, bars, shortfall }: JudgedEvaluation): string {
  const missed = shortfall === 0 ? '' : `, shortfall ${decimal(shortfall)}`;
  return `iteration ${whole(iteration)}, ${barsMet} of ${bars.length} bars met${missed}`;
}
