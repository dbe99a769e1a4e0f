import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { WorkerStatus } from '@atelier/proto/generated/atelier/v1/WorkerStatus';
import { isOver } from '../feed/run-state.ts';
import { element, elementById, setText } from '../markup/element.ts';
import { deviceName, duration, size } from '../markup/format.ts';
import { confirmed } from './dialogs.ts';
import type { Steering } from './steering.ts';

const COLUMNS: readonly { readonly name: string; readonly text: (worker: WorkerStatus) => string }[] = [
  { name: 'State', text: ({ state }) => state },
  { name: 'Doing', text: ({ activity, virtualWorkers }) => doingOf(activity, virtualWorkers) },
  {
    name: 'Virtual workers/s',
    text: ({ virtualWorkersPerSecond }) =>
      virtualWorkersPerSecond > 0 ? virtualWorkersPerSecond.toFixed(1) : '–',
  },
  { name: 'Memory', text: ({ residentBytes }) => size(residentBytes) },
  { name: 'Heard', text: ({ secondsSinceHeard }) => heardOf(secondsSinceHeard) },
  { name: 'Process', text: ({ host, pid }) => `${host}:${pid}` },
  { name: 'Device', text: ({ device }) => deviceName(device) },
];

interface Row {
  readonly element: HTMLTableRowElement;
  readonly cells: readonly HTMLElement[];
  readonly drain: HTMLButtonElement;
}

/** Who works on the run, at what, and how fast. */
export class Workers {
  readonly #steering: Steering;
  readonly #body = element('tbody');
  readonly #none = element(
    'p',
    { class: 'none' },
    'No workers. Start one with npx atelier worker --coordinator HOST:PORT',
  );
  readonly #table: HTMLTableElement;
  readonly #rows = new Map<string, Row>();

  constructor(modules: { readonly steering: Steering }) {
    this.#steering = modules.steering;
    const heads = ['Worker', ...COLUMNS.map(({ name }) => name)].map((name) =>
      element('th', { scope: 'col' }, name),
    );
    const drainHead = element('th', { scope: 'col' }, element('span', { class: 'unseen' }, 'Drain'));
    this.#table = element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...heads, drainHead)),
      this.#body,
    );
    elementById('workers').append(this.#table, this.#none);
  }

  show({ workers, state }: RunStatus): void {
    this.#table.hidden = workers.length === 0;
    this.#none.hidden = workers.length > 0;
    setText(this.#none, isOver(state) ? 'The workers have ended with the run.' : 'No worker is here.');
    const ids = new Set(workers.map(({ workerId }) => workerId));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    for (const worker of workers) this.#showWorker(worker);
  }

  #showWorker(worker: WorkerStatus): void {
    const row = this.#rows.get(worker.workerId) ?? this.#addRow(worker);
    for (const [i, { text }] of COLUMNS.entries()) {
      const cell = row.cells[i];
      if (cell !== undefined) setText(cell, text(worker));
    }
    row.element.dataset['state'] = worker.state;
    row.drain.hidden = worker.state === 'draining';
  }

  #addRow({ workerId, name }: WorkerStatus): Row {
    const cells = COLUMNS.map((column) => element('td', { 'data-name': column.name }));
    const drain = element('button', { type: 'button', 'aria-label': `Drain ${name}` }, 'Drain');
    drain.addEventListener('click', () => void this.#askAndDrain(drain, workerId, name));
    const head = element('th', { scope: 'row', title: workerId }, name);
    const row = element('tr', {}, head, ...cells, element('td', { class: 'drain' }, drain));
    this.#body.insertBefore(row, this.#rowAfter(name));
    const added = { element: row, cells, drain };
    this.#rows.set(workerId, added);
    return added;
  }

  /** The first that comes after the name: what is there already, and may have the focus, stays where it is. */
  #rowAfter(name: string): HTMLElement | null {
    const rows = [...this.#body.rows];
    const isAfter = (row: HTMLTableRowElement) =>
      name.localeCompare(row.cells[0]?.textContent ?? '', 'en', { numeric: true }) < 0;
    return rows.find(isAfter) ?? null;
  }

  async #askAndDrain(drain: HTMLButtonElement, workerId: string, name: string): Promise<void> {
    const consequence =
      'It finishes what it holds and leaves; others compute the rest. The result stays the same.';
    if (!(await confirmed(`Drain ${name}?`, consequence, 'Drain'))) return;
    await this.#steering.act(
      drain,
      `workers/${encodeURIComponent(workerId)}/drain`,
      `${name} leaves after its work.`,
    );
  }
}

function doingOf(activity: string, virtualWorkers: number): string {
  const doing = activity === '' ? 'nothing yet' : activity;
  return virtualWorkers > 0
    ? `${doing} (${virtualWorkers} ${virtualWorkers === 1 ? 'virtual worker' : 'virtual workers'})`
    : doing;
}

function heardOf(seconds: number): string {
  return seconds < 2 ? 'just now' : `${duration(seconds)} ago`;
}
