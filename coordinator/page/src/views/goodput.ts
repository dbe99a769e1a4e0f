import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import { element, elementById, setText } from '../markup/element.ts';
import { duration } from '../markup/format.ts';

/** In the order of the bar: what brings the run forward first. */
const STATES = {
  compute: 'computing gradients',
  transfer: 'moving gradients and parameters',
  wait: 'waiting for the slowest',
  recompute: 'computing again what was lost',
  checkpoint: 'writing checkpoints',
  idle: 'paused or without workers',
  unsettled: 'under way',
} as const;

/** The wall time of this life of the coordinator, cut into what it went into. Hidden while that is not known. */
export class Goodput {
  readonly #card = elementById('goodput');
  readonly #bar = element('div', { class: 'stack', role: 'img' });
  readonly #legend = element('ul', { class: 'stack-legend' });
  readonly #parts = new Map<
    string,
    { readonly part: HTMLElement; readonly item: HTMLElement; readonly share: HTMLElement }
  >();

  constructor() {
    this.#card.append(this.#bar, this.#legend);
    for (const [state, words] of Object.entries(STATES)) {
      const part = element('div', { 'data-part': state });
      const share = element('span', { class: 'value' });
      const swatch = element('span', { class: 'swatch', 'data-part': state });
      const item = element('li', {}, swatch, element('span', {}, words), share);
      this.#parts.set(state, { part, item, share });
      this.#bar.append(part);
      this.#legend.append(item);
    }
  }

  show({ goodput }: RunStatus): void {
    const seconds = new Map<string, number>(Object.entries(goodput ?? {}));
    const total = [...seconds.values()].reduce((sum, value) => sum + value, 0);
    this.#card.hidden = total === 0;
    if (total === 0) return;
    const words: string[] = [];
    for (const [state, name] of Object.entries(STATES)) {
      const value = seconds.get(state) ?? 0;
      const shares = this.#parts.get(state);
      const text = `${((100 * value) / total).toFixed(1)}%`;
      if (shares === undefined) continue;
      shares.part.style.flexGrow = String(value / total);
      shares.item.hidden = value === 0;
      setText(shares.share, `${text} · ${duration(value)}`);
      if (value > 0) words.push(`${text} ${name}`);
    }
    this.#bar.setAttribute('aria-label', `Of ${duration(total)}: ${words.join(', ')}`);
  }
}
