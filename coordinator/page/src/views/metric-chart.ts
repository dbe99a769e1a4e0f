import { isMet } from '@atelier/shared/evaluation/bars';
import type { Bar, JudgedEvaluation } from '@atelier/shared/evaluation/evaluation';
import { type MetricName, metricWords } from '@atelier/shared/evaluation/metric-names';
import uPlot from 'uplot';
import { element, setText } from '../markup/element.ts';
import { decimal, whole } from '../markup/format.ts';
import { axisIn, ITERATIONS, pageColors, tickText } from './chart-style.ts';

/** Of the best checkpoint and of the others, in pixels. */
const BEST_SIZE = 11;
const POINT_SIZE = 5;

/** One metric of a run's checkpoints, over iterations, with the bar that it is to reach as a line. */
export class MetricChart {
  readonly root: HTMLElement;
  readonly #metric: MetricName;
  readonly #area = element('div', { class: 'chart', role: 'img' });
  readonly #value = element('span', { class: 'value' });
  readonly #goal = element('span', { class: 'goal' });
  #plot: uPlot | undefined;
  #evaluations: readonly JudgedEvaluation[] = [];

  constructor(metric: MetricName) {
    this.#metric = metric;
    const { head, better } = metricWords[metric];
    const title = element('h3', {}, head, element('span', { 'aria-hidden': 'true' }, ` ${better}`));
    this.root = element('div', { class: 'metric' }, title, this.#value, this.#goal, this.#area);
    new ResizeObserver(() => this.#plot?.setSize(this.#size)).observe(this.#area);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#remake());
  }

  /** At least one. */
  show(evaluations: readonly JudgedEvaluation[]): void {
    this.#evaluations = evaluations;
    if (this.#plot === undefined) this.#remake();
    else this.#plot.setData(this.#data());
    this.#tell(undefined);
  }

  get #size(): { width: number; height: number } {
    return { width: this.#area.clientWidth, height: this.#area.clientHeight };
  }

  get #bar(): Bar | undefined {
    return this.#evaluations.at(-1)?.bars.find(({ metric }) => metric === this.#metric);
  }

  get #best(): JudgedEvaluation | undefined {
    return this.#evaluations.findLast(({ isBest }) => isBest);
  }

  /** The values, and that of the best checkpoint by itself. */
  #data(): uPlot.AlignedData {
    const best = this.#best;
    const measuredOf = ({ values }: JudgedEvaluation): number | null => values[this.#metric] ?? null;
    return [
      this.#evaluations.map(({ iteration }) => iteration),
      this.#evaluations.map(measuredOf),
      this.#evaluations.map((each) => (each === best ? measuredOf(each) : null)),
    ];
  }

  #remake(): void {
    this.#plot?.destroy();
    const color = pageColors();
    const axis = axisIn(color);
    this.#plot = new uPlot(
      {
        ...this.#size,
        scales: {
          x: { time: false, range: (_, min, max) => (min === max ? [min - 1, max + 1] : [min, max]) },
          y: { range: (_, min, max) => this.#rangeOf(min, max) },
        },
        axes: [
          { ...axis, ...ITERATIONS, grid: { show: false }, space: 60 },
          { ...axis, values: (_, ticks) => ticks.map(tickText), size: 40, space: 24 },
        ],
        series: [
          {},
          {
            stroke: color('series-1'),
            width: 1.75,
            spanGaps: true,
            points: { show: true, size: POINT_SIZE, fill: color('series-1') },
          },
          {
            stroke: color('good'),
            width: 2,
            points: { show: true, size: BEST_SIZE, fill: color('surface') },
          },
        ],
        legend: { show: false },
        cursor: { sync: { key: 'evaluations' }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
        hooks: {
          drawAxes: [(plot) => this.#drawBar(plot, color('ink-soft'))],
          setCursor: [({ cursor }) => this.#tell(cursor.idx ?? undefined)],
        },
      },
      this.#data(),
      this.#area,
    );
  }

  /** The bar is always in sight. */
  #rangeOf(min: number, max: number): [number, number] {
    const limits = [min ?? 0, max ?? 1, ...(this.#bar === undefined ? [] : [this.#bar.limit])];
    const [lowest, highest] = [Math.min(...limits), Math.max(...limits)];
    const margin = 0.08 * (highest - lowest || Math.abs(highest) || 1);
    return [lowest - margin, highest + margin];
  }

  #drawBar({ ctx, bbox, valToPos }: uPlot, color: string): void {
    const bar = this.#bar;
    if (bar === undefined) return;
    const y = Math.round(valToPos(bar.limit, 'y', true));
    ctx.save();
    ctx.strokeStyle = color;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  /** Of a checkpoint, or else of the newest. */
  #tell(point: number | undefined): void {
    const told = this.#evaluations.at(point ?? -1);
    if (told === undefined) return;
    const value = told.values[this.#metric];
    const bar = this.#bar;
    setText(this.#value, value === undefined ? '–' : decimal(value));
    const isReached = bar !== undefined && value !== undefined && isMet(bar, value);
    this.root.dataset['met'] = bar === undefined ? '' : String(isReached);
    const goal = bar === undefined ? 'no bar' : `${bar.wanted} ${decimal(bar.limit)}`;
    setText(this.#goal, goal);
    if (point !== undefined) return;
    const best = this.#best?.values[this.#metric];
    const bestText = best === undefined ? '' : `, of the best checkpoint ${decimal(best)}`;
    const { head } = metricWords[this.#metric];
    this.#area.setAttribute(
      'aria-label',
      `${head} at iteration ${whole(told.iteration)}: ${value === undefined ? 'unknown' : decimal(value)}${bestText}; wanted: ${goal}`,
    );
  }
}
