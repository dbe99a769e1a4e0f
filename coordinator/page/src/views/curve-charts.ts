import { CurveStore } from '../feed/curve-store.ts';
import { ApiError, type RunApi } from '../feed/run-api.ts';
import { elementById } from '../markup/element.ts';
import { Chart } from './chart.ts';

const LEAST_INTERVAL_MS = 1_000;

/** Losses, throughput and gradient norms since the beginning of the run. */
export class CurveCharts {
  readonly #api: RunApi;
  readonly #store = new CurveStore();
  readonly #losses = new Chart(elementById('losses'), { label: 'Losses' });
  readonly #speed = new Chart(elementById('speed'), { label: 'Images a second', fromZero: true });
  readonly #norms = new Chart(elementById('norms'), {
    label: 'L2 norms of the mean gradients',
    fromZero: true,
  });
  #isAsking = false;
  #isStale = false;

  constructor(modules: { readonly api: RunApi }) {
    this.#api = modules.api;
  }

  /** There is something new to be asked for; it is, at most once a second. */
  async refresh(): Promise<void> {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#ask();
      await new Promise((resolve) => setTimeout(resolve, LEAST_INTERVAL_MS));
    }
    this.#isAsking = false;
  }

  async #ask(): Promise<void> {
    try {
      this.#store.take(await this.#api.history(this.#store.cursor));
    } catch (error) {
      // A coordinator that is away comes back with a new status, which asks again.
      if (error instanceof ApiError) return;
      throw error;
    }
    this.#losses.show(this.#store.losses);
    this.#speed.show(this.#store.imagesPerSecond);
    this.#norms.show(this.#store.gradientNorms);
  }
}
