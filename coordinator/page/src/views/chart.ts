import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { CurvePoint } from '@atelier/coordinator/http/curves/curve';
import type { Curves } from '../feed/curve-store.ts';
import { element, setText } from '../markup/element.ts';
import { decimal } from '../markup/format.ts';
import { axisIn, ITERATIONS, pageColors, tickText } from './chart-style.ts';

const NUM_COLORS = 8;
/** Of the mean that is drawn over a noisy curve. */
const SMOOTHING = 0.9;
/** Fewer points are drawn as they are. */
const FEW_POINTS = 60;

export interface ChartOptions {
  /** What the values are, for those who do not see them. */
  readonly label: string;
  readonly fromZero?: boolean;
}

interface LegendEntry {
  readonly button: HTMLButtonElement;
  readonly value: HTMLElement;
}

/** Curves over iterations, with a legend that says their values and switches them off and on. */
export class Chart {
  readonly #options: ChartOptions;
  readonly #area = element('div', { class: 'chart', role: 'img' });
  readonly #legend = element('div', { class: 'legend' });
  readonly #entries = new Map<string, LegendEntry>();
  readonly #hidden = new Set<string>();
  #plot: uPlot | undefined;
  #curves: Curves = { iterations: [], byName: new Map() };
  /** What the plot was made for: another set of curves needs another plot. */
  #names = '';

  constructor(root: HTMLElement, options: ChartOptions) {
    this.#options = options;
    root.append(this.#legend, this.#area);
    new ResizeObserver(() => this.#plot?.setSize(this.#size)).observe(this.#area);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#remake());
  }

  show(curves: Curves): void {
    this.#curves = curves;
    const names = [...curves.byName.keys()].join('\n');
    if (names !== this.#names) {
      this.#names = names;
      this.#remake();
    } else {
      this.#plot?.setData(this.#data(), !this.#isZoomed);
    }
    this.#tell(undefined);
  }

  get #size(): { width: number; height: number } {
    return { width: this.#area.clientWidth, height: this.#area.clientHeight };
  }

  get #isZoomed(): boolean {
    const x = this.#plot?.scales['x'];
    const [first, last] = [this.#plot?.data[0][0], this.#plot?.data[0].at(-1)];
    return x?.min !== undefined && x.max !== undefined && (x.min !== first || x.max !== last);
  }

  /** A noisy curve twice: as it is, faint, and its running mean. */
  #data(): uPlot.AlignedData {
    const values = [...this.#curves.byName.values()];
    return [
      [...this.#curves.iterations],
      ...values.map((points) => [...points]),
      ...values.map((points) => (points.length < FEW_POINTS ? [...points] : smoothed(points))),
    ];
  }

  #remake(): void {
    this.#plot?.destroy();
    const color = pageColors();
    const names = [...this.#curves.byName.keys()];
    const strokes = names.map((_, i) => color(`series-${(i % NUM_COLORS) + 1}`));
    this.#remakeLegend(names);
    const series = (width: number, alpha: number) =>
      names.map(
        (name, i): uPlot.Series => ({
          label: name,
          stroke: strokes[i] ?? color('ink'),
          width,
          alpha,
          show: !this.#hidden.has(name),
          spanGaps: true,
          points: { show: false },
        }),
      );
    const axis = axisIn(color);
    this.#plot = new uPlot(
      {
        ...this.#size,
        scales: {
          x: { time: false },
          y:
            this.#options.fromZero === true ? { range: (_, __, max) => [0, Math.max(max, 1e-9) * 1.08] } : {},
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            ...ITERATIONS,
          },
          { ...axis, values: (_, ticks) => ticks.map(tickText), size: 48 },
        ],
        series: [{}, ...series(1, 0.28), ...series(1.75, 1)],
        legend: { show: false },
        cursor: {
          sync: { key: 'iterations', setSeries: false },
          y: false,
          points: { size: 6 },
          drag: { x: true, y: false },
        },
        hooks: { setCursor: [({ cursor }) => this.#tell(cursor.idx ?? undefined)] },
      },
      this.#data(),
      this.#area,
    );
  }

  #remakeLegend(names: readonly string[]): void {
    this.#entries.clear();
    this.#legend.replaceChildren();
    for (const [i, name] of names.entries()) {
      const swatch = element('span', { class: 'swatch', 'data-series': (i % NUM_COLORS) + 1 });
      const value = element('span', { class: 'value' });
      const button = element(
        'button',
        { type: 'button', class: 'series', 'aria-pressed': !this.#hidden.has(name) ? 'true' : 'false' },
        swatch,
        shortName(name),
        value,
      );
      button.addEventListener('click', () => this.#toggle(name, i));
      this.#entries.set(name, { button, value });
      this.#legend.append(button);
    }
  }

  #toggle(name: string, index: number): void {
    const shows = this.#hidden.delete(name);
    if (!shows) this.#hidden.add(name);
    this.#entries.get(name)?.button.setAttribute('aria-pressed', String(shows));
    const numCurves = this.#curves.byName.size;
    for (const place of [1 + index, 1 + numCurves + index]) this.#plot?.setSeries(place, { show: shows });
  }

  /** The values of a point, or else the last ones; of the stronger line. */
  #tell(point: number | undefined): void {
    const words: string[] = [];
    const lines = this.#plot?.data.slice(1 + this.#curves.byName.size) ?? [];
    for (const [i, name] of [...this.#curves.byName.keys()].entries()) {
      const line = [...(lines[i] ?? [])];
      const value = point === undefined ? line.findLast((candidate) => candidate !== null) : line[point];
      const text = value === null || value === undefined ? '–' : decimal(value);
      const entry = this.#entries.get(name);
      if (entry !== undefined) setText(entry.value, text);
      words.push(`${shortName(name)} ${text}`);
    }
    if (point === undefined)
      this.#area.setAttribute('aria-label', `${this.#options.label}, last values: ${words.join(', ')}`);
  }
}

/** The running mean of a curve, without the pull towards zero that its beginning would have. */
function smoothed(points: readonly CurvePoint[]): (number | null)[] {
  let sum = 0;
  let weight = 0;
  return points.map((value) => {
    if (value === null) return null;
    sum = SMOOTHING * sum + (1 - SMOOTHING) * value;
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    return sum / weight;
  });
}

/** Most losses of a phase are of its own name: "generator/generator" is "generator". */
function shortName(name: string): string {
  const [phase, loss] = name.split('/');
  return phase !== undefined && phase === loss ? phase : name;
}
