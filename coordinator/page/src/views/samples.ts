import type { SampleFile } from '@atelier/coordinator/http/sample-files';
import { element, elementById, setText } from '../markup/element.ts';
import { whole } from '../markup/format.ts';

/** The newest sample grid, and a way back through all of them. */
export class Samples {
  readonly #picture = element('img', { alt: '', decoding: 'async' });
  readonly #slider = element('input', {
    type: 'range',
    min: 0,
    max: 0,
    value: 0,
    'aria-label': 'Which sample',
  });
  readonly #caption = element('output');
  readonly #newest = element('button', { type: 'button' }, 'Newest');
  readonly #figure: HTMLElement;
  readonly #none = element('p', { class: 'none' }, 'No sample has been drawn yet.');
  #samples: readonly SampleFile[] = [];

  constructor() {
    const link = element('a', { target: '_blank', title: 'Open in full size' }, this.#picture);
    const controls = element('div', { class: 'sample-controls' }, this.#slider, this.#newest);
    this.#figure = element(
      'figure',
      { hidden: true },
      link,
      element('figcaption', {}, this.#caption),
      controls,
    );
    elementById('samples').append(this.#figure, this.#none);
    this.#slider.addEventListener('input', () => this.#draw());
    this.#newest.addEventListener('click', () => {
      this.#slider.value = this.#slider.max;
      this.#draw();
      this.#slider.focus();
    });
  }

  /** All there are, oldest first. Who looks at the newest goes on doing so; who looks at another stays with it. */
  show(samples: readonly SampleFile[]): void {
    const shown = this.#shown;
    const wasAtNewest = shown === undefined || shown === this.#samples.at(-1);
    this.#samples = samples;
    const last = samples.length - 1;
    this.#slider.max = String(Math.max(0, last));
    const place = wasAtNewest ? last : samples.findIndex(({ name }) => name === shown.name);
    this.#slider.value = String(place < 0 ? last : place);
    this.#draw();
  }

  add(sample: SampleFile): void {
    const others = this.#samples.filter(({ name }) => name !== sample.name);
    this.show([...others, sample].sort((a, b) => a.iteration - b.iteration));
  }

  get #shown(): SampleFile | undefined {
    return this.#samples[this.#slider.valueAsNumber];
  }

  #draw(): void {
    const sample = this.#shown;
    this.#figure.hidden = sample === undefined;
    this.#none.hidden = sample !== undefined;
    if (sample === undefined) return;
    const place = this.#slider.valueAsNumber;
    const isNewest = place === this.#samples.length - 1;
    const source = addressOf(sample);
    if (this.#picture.getAttribute('src') !== source) this.#picture.src = source;
    this.#picture.alt = `Sample grid of iteration ${sample.iteration}`;
    this.#picture.parentElement?.setAttribute('href', source);
    const words = `iteration ${whole(sample.iteration)}`;
    setText(this.#caption, `${words} · ${isNewest ? 'newest' : `${place + 1}`} of ${this.#samples.length}`);
    this.#slider.setAttribute('aria-valuetext', words);
    this.#slider.disabled = this.#samples.length < 2;
    this.#newest.disabled = isNewest;
    for (const beside of [this.#samples[place - 1], this.#samples[place + 1]]) {
      if (beside !== undefined) new Image().src = addressOf(beside);
    }
  }
}

function addressOf({ name }: SampleFile): string {
  return `api/samples/${name}`;
}
