import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import { isOver } from '../feed/run-state.ts';
import type { Connection } from '../feed/run-stream.ts';
import { element, elementById, setText } from '../markup/element.ts';
import { decimal, duration, percent, timeToCome, whole } from '../markup/format.ts';

const STATE_WORDS: Readonly<Record<string, string>> = {
  waiting: 'Waiting',
  running: 'Running',
  paused: 'Paused',
  stopping: 'Stopping',
  completed: 'Completed',
  stopped: 'Stopped',
  failed: 'Failed',
};

/** Which run it is, how it is, how far and how fast. */
export class RunHeader {
  readonly #name = elementById('name');
  readonly #state = elementById('state');
  readonly #message = elementById('message');
  readonly #facts = elementById('facts');
  readonly #bar = element('progress', { max: 1, value: 0, 'aria-label': 'Progress of the run' });
  readonly #far = element('p', { class: 'far' });
  readonly #values = new Map<string, HTMLElement>();
  #connection: Connection = 'connecting';
  #status: RunStatus | undefined;

  constructor() {
    elementById('progress').append(this.#bar, this.#far);
  }

  connection(connection: Connection): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#showState();
  }

  show(status: RunStatus): void {
    this.#status = status;
    setText(this.#name, status.name);
    const fraction = status.numIterations > 0 ? status.iteration / status.numIterations : 0;
    document.title = `${percent(fraction)} ${status.name} – Atelier`;
    this.#bar.value = fraction;
    setText(
      this.#far,
      `${percent(fraction)} · iteration ${whole(status.iteration)} of ${whole(status.numIterations)} · step ${whole(status.step)}`,
    );
    this.#showFacts(status);
    this.#showState();
  }

  #showFacts({ secondsLeft, imagesPerSecond, workers, checkpointStep, state }: RunStatus): void {
    const numActive = workers.filter((worker) => worker.state === 'active').length;
    const isKnown = secondsLeft > 0 && state === 'running';
    const end = new Date(Date.now() + secondsLeft * 1000);
    this.#fact('Time left', isKnown ? duration(secondsLeft) : '–', isKnown ? `until ${timeToCome(end)}` : '');
    const isMoving = imagesPerSecond > 0;
    this.#fact('Throughput', isMoving ? decimal(imagesPerSecond) : '–', isMoving ? 'images/s' : '');
    this.#fact(
      'Workers',
      String(numActive),
      numActive === workers.length ? 'active' : `of ${workers.length} active`,
    );
    this.#fact('Newest checkpoint', checkpointStep < 0 ? 'none yet' : `step ${whole(checkpointStep)}`, '');
  }

  #fact(name: string, value: string, unit: string): void {
    let shown = this.#values.get(name);
    if (shown === undefined) {
      shown = element('dd');
      this.#values.set(name, shown);
      this.#facts.append(element('div', {}, element('dt', {}, name), shown));
      shown.append(element('span', { class: 'value' }), ' ', element('span', { class: 'unit' }));
    }
    const [valueElement, unitElement] = shown.querySelectorAll('span');
    if (valueElement !== undefined) setText(valueElement, value);
    if (unitElement !== undefined) setText(unitElement, unit);
  }

  #showState(): void {
    const state = this.#status?.state ?? '';
    const hasEnded = isOver(state);
    const isLost = this.#connection === 'lost' && !hasEnded;
    this.#state.dataset['state'] = isLost ? 'lost' : state;
    document.body.dataset['connection'] = isLost ? 'lost' : this.#connection;
    setText(this.#state, isLost ? 'Reconnecting…' : (STATE_WORDS[state] ?? 'Connecting…'));
    const message = isLost
      ? 'The coordinator does not answer; this page looks for it and goes on by itself.'
      : (this.#status?.message ?? '');
    this.#message.hidden = message === '';
    setText(this.#message, message);
  }
}
