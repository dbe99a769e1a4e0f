import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import { isOver } from '../feed/run-state.ts';
import { element, elementById, setText } from '../markup/element.ts';
import { confirmed } from './dialogs.ts';
import type { Steering } from './steering.ts';

/** The buttons for the whole run. */
export class Actions {
  readonly #steering: Steering;
  readonly #pause = button('Pause');
  readonly #checkpoint = button('Checkpoint');
  readonly #stop = button('Stop');
  #isPaused = false;

  constructor(modules: { readonly steering: Steering }) {
    this.#steering = modules.steering;
    const buttons = [this.#pause, this.#checkpoint, this.#stop];
    elementById('actions').append(...buttons.map((each) => element('li', {}, each)));
    this.#pause.addEventListener('click', () => void this.#pauseOrResume());
    this.#checkpoint.addEventListener('click', () => {
      void this.#steering.act(this.#checkpoint, 'checkpoint', 'The checkpoint is written.');
    });
    this.#stop.addEventListener('click', () => void this.#askAndStop());
  }

  show({ state }: RunStatus): void {
    this.#isPaused = state === 'paused';
    setText(this.#pause, this.#isPaused ? 'Resume' : 'Pause');
    for (const each of [this.#pause, this.#checkpoint, this.#stop]) each.hidden = isOver(state);
  }

  async #pauseOrResume(): Promise<void> {
    if (this.#isPaused) await this.#steering.act(this.#pause, 'resume', 'The run goes on.');
    else await this.#steering.act(this.#pause, 'pause', 'The run pauses after the step under way.');
  }

  async #askAndStop(): Promise<void> {
    const consequence =
      'It writes a checkpoint and ends, and its workers with it. The same command goes on from there.';
    if (!(await confirmed('Stop this run?', consequence, 'Stop the run'))) return;
    await this.#steering.act(this.#stop, 'stop', 'The run writes a checkpoint and stops.');
  }
}

function button(text: string): HTMLButtonElement {
  return element('button', { type: 'button' }, text);
}
