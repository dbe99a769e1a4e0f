import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { element, elementById, setText } from '../markup/element.ts';
import { whole } from '../markup/format.ts';

/** What the run was asked to be. */
export class Config {
  readonly #runId = element('dd', { class: 'code' });

  show(config: RunConfig): void {
    const { model, virtualWorkers, batchPerVirtualWorker, seed, exactness, optimizers, data } = config;
    const facts: readonly (readonly [string, string | HTMLElement])[] = [
      ['Model', model.preset ?? model.module ?? ''],
      [
        'Data',
        Object.entries(data)
          .map(([domain, { kind }]) => `${domain}: ${kind}`)
          .join(', ') || 'none',
      ],
      [
        'Batch',
        `${virtualWorkers} virtual workers × ${batchPerVirtualWorker} = ${virtualWorkers * batchPerVirtualWorker}`,
      ],
      [
        'Optimizers',
        Object.entries(optimizers)
          .map(([group, { kind, learningRate }]) => `${group}: ${kind} ${learningRate}`)
          .join(', '),
      ],
      ['Seed', `${whole(seed)}, ${exactness}`],
      ['Run', this.#runId],
    ];
    const rows = facts.map(([name, value]) =>
      element(
        'div',
        {},
        element('dt', {}, name),
        typeof value === 'string' ? element('dd', {}, value) : value,
      ),
    );
    const whole_ = element(
      'details',
      {},
      element('summary', {}, 'Whole config'),
      element('pre', { tabindex: 0 }, JSON.stringify(config, null, 2)),
    );
    elementById('config').replaceChildren(element('dl', { class: 'pairs' }, ...rows), whole_);
  }

  status({ runId }: RunStatus): void {
    setText(this.#runId, runId);
  }
}
