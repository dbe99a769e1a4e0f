import type { RunEvent } from '@atelier/shared/events/run-event';
import { evaluationLine } from '../evaluation/metric-words.ts';

/** An event as one line for a person; `undefined` for an event that the progress line shows already. */
export function eventLine(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'worker.joined':
      return `worker ${event.worker} joined (${event.device})`;
    case 'worker.refused':
      return `worker ${event.worker} was refused: ${event.reason}`;
    case 'worker.drained':
      return `worker ${event.worker} finished its work and left`;
    case 'worker.lost':
      return `worker ${event.worker} was lost: ${event.reason}; other workers take over its work`;
    case 'reducer.joined':
      return `reducer ${event.reducer} joined`;
    case 'reducer.lost':
      return `reducer ${event.reducer} was lost: ${event.reason}; the run continues from its newest checkpoint as soon as it has enough reducers`;
    case 'gradient.rejected':
      return `a gradient of step ${event.step} was rejected: ${event.reason}`;
    case 'epoch.completed':
      return `epoch ${event.epoch + 1} of ${event.domain} is complete`;
    case 'checkpoint.failed':
      return `the checkpoint of step ${event.step} could not be saved: ${event.reason}`;
    case 'checkpoint.damaged':
      return `the checkpoint ${event.path} is damaged (${event.reason}); the run uses an older one`;
    case 'sample.rendered':
      return `sample of iteration ${event.iteration}: ${event.path}`;
    case 'evaluation.completed':
      return evaluationLine(event);
    case 'run.paused':
      return `the run is paused before step ${event.step}; to continue: atelier resume`;
    case 'run.resumed':
      return 'the run continues';
    case 'run.failed':
      return `the run failed at step ${event.step}: ${event.reason}`;
    case 'alert.raised':
      return `alert ${event.alert}: ${event.reason}`;
    case 'alert.resolved':
      return `alert ${event.alert} is resolved`;
    case 'run.started':
    case 'run.completed':
    case 'run.stopped':
    case 'block.reassigned':
    case 'step.committed':
    case 'checkpoint.saved':
    case 'checkpoint.deleted':
      return undefined;
  }
}
