import type { RunEvent } from '@atelier/shared/events/run-event';
import { element, elementById } from '../markup/element.ts';
import { timeOfDay } from '../markup/format.ts';
import { eventText } from './event-text.ts';

const MOST_SHOWN = 200;

/** What happens, newest first. Committed steps are many and are shown only to those who ask for them. */
export class Events {
  readonly #list = element('ol', { class: 'event-list', tabindex: 0, 'aria-label': 'Events, newest first' });
  readonly #waiting: RunEvent[] = [];

  constructor() {
    const showSteps = element('input', { type: 'checkbox' });
    showSteps.addEventListener('change', () => this.#list.toggleAttribute('data-steps', showSteps.checked));
    elementById('events').append(
      element('label', { class: 'toggle' }, showSteps, 'committed steps'),
      this.#list,
    );
  }

  add(event: RunEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length === 1) requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#list.prepend(...this.#waiting.splice(0).map(itemOf).reverse());
    // Steps must not push the others out.
    for (const kind of ['[data-type="step.committed"]', ':not([data-type="step.committed"])']) {
      const items = this.#list.querySelectorAll(`li${kind}`);
      for (const item of [...items].slice(MOST_SHOWN)) item.remove();
    }
  }
}

function itemOf(event: RunEvent): HTMLElement {
  const { tone, text } = eventText(event);
  const time = new Date(event.time);
  return element(
    'li',
    { 'data-type': event.type, 'data-tone': tone },
    element('time', { datetime: event.time, title: time.toLocaleString() }, timeOfDay(time)),
    element('span', {}, text),
  );
}
