import type { RunEvent } from '@atelier/shared/events/run-event';
import { evaluationLine } from '../evaluation/metric-words.ts';

/** An event as one line for a person, where it is worth one: most are told by the progress line already. */
export function eventLine(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'worker.joined':
      return `worker ${event.worker} joined (${event.device})`;
    case 'worker.refused':
      return `worker ${event.worker} was refused: ${event.reason}`;
    case 'worker.drained':
      return `worker ${event.worker} left after its work`;
    case 'worker.lost':
      return `worker ${event.worker} was lost: ${event.reason}; its work goes to the others`;
    case 'reducer.joined':
      return `reducer ${event.reducer} joined`;
    case 'reducer.lost':
      return `reducer ${event.reducer} was lost: ${event.reason}; the run goes on from its newest checkpoint when there are enough`;
    case 'gradient.rejected':
      return `a gradient of step ${event.step} was rejected: ${event.reason}`;
    case 'epoch.completed':
      return `every example of ${event.domain} was used ${event.epoch + 1 === 1 ? 'once' : `${event.epoch + 1} times`}`;
    case 'checkpoint.failed':
      return `the checkpoint of step ${event.step} could not be written: ${event.reason}`;
    case 'checkpoint.damaged':
      return `the checkpoint ${event.path} is damaged (${event.reason}); an older one is used`;
    case 'sample.rendered':
      return `sample of iteration ${event.iteration}: ${event.path}`;
    case 'evaluation.completed':
      return evaluationLine(event);
    case 'run.paused':
      return `paused before step ${event.step}: atelier resume goes on`;
    case 'run.resumed':
      return 'goes on';
    case 'run.failed':
      return `the run failed at step ${event.step}: ${event.reason}`;
    case 'alert.raised':
      return `look after ${event.alert}: ${event.reason}`;
    case 'alert.resolved':
      return `${event.alert} is over`;
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
