import type { RunEvent } from '@atelier/shared/events/run-event';
import { decimal, deviceName, size, whole } from '../markup/format.ts';

export interface EventText {
  readonly tone: 'plain' | 'good' | 'warning' | 'bad';
  readonly text: string;
}

/** An event in a line for a person. */
export function eventText(event: RunEvent): EventText {
  switch (event.type) {
    case 'run.started':
      return plain(event.step === 0 ? 'The run began' : `The run goes on from step ${whole(event.step)}`);
    case 'run.paused':
      return plain(`Paused before step ${whole(event.step)}`);
    case 'run.resumed':
      return plain(`Resumed at step ${whole(event.step)}`);
    case 'run.completed':
      return good(`Completed after ${whole(event.step)} steps`);
    case 'run.stopped':
      return plain(`Stopped at step ${whole(event.step)}`);
    case 'run.failed':
      return bad(`Failed at step ${whole(event.step)}: ${event.reason}`);
    case 'worker.joined':
      return good(`${event.worker} joined (${deviceName(event.device)})`);
    case 'worker.refused':
      return bad(`${event.worker} was refused: ${event.reason}`);
    case 'worker.drained':
      return plain(`${event.worker} left after its work`);
    case 'worker.lost':
      return warning(`${event.worker} was lost: ${event.reason}; others compute what it held`);
    case 'reducer.joined':
      return good(`Reducer ${event.reducer} joined at ${event.address}`);
    case 'reducer.lost':
      return warning(`Reducer ${event.reducer} was lost: ${event.reason}`);
    case 'block.reassigned':
      return warning(`Block ${event.node} of step ${whole(event.step)} given to another: ${event.reason}`);
    case 'gradient.rejected':
      return bad(`Gradient of step ${whole(event.step)} rejected: ${event.reason}`);
    case 'step.committed': {
      const losses = Object.entries(event.losses).map(([name, value]) => `${name} ${decimal(value)}`);
      return plain(`Step ${whole(event.step)} committed: ${losses.join(', ')}`);
    }
    case 'epoch.completed':
      return good(`Epoch ${whole(event.epoch + 1)} of ${event.domain} completed`);
    case 'checkpoint.saved':
      return plain(`Checkpoint of step ${whole(event.step)} saved (${size(event.bytes)})`);
    case 'checkpoint.failed':
      return bad(`Checkpoint of step ${whole(event.step)} not written: ${event.reason}`);
    case 'checkpoint.damaged':
      return bad(`Checkpoint ${event.path} is damaged: ${event.reason}`);
    case 'checkpoint.deleted':
      return plain(`Checkpoint of step ${whole(event.step)} deleted, as configured`);
    case 'sample.rendered':
      return plain(`Sample of iteration ${whole(event.iteration)} rendered`);
    case 'evaluation.completed':
      return (event.isBest ? good : plain)(
        `Iteration ${whole(event.iteration)} evaluated: ${event.barsMet} of ${event.bars.length} bars met${event.isBest ? ', the best so far' : ''}`,
      );
    case 'alert.raised':
      return bad(`Alert ${event.alert}: ${event.reason}`);
    case 'alert.resolved':
      return good(`Alert ${event.alert} is over`);
    default:
      return plain((event satisfies never as RunEvent).type);
  }
}

const plain = (text: string): EventText => ({ tone: 'plain', text });
const good = (text: string): EventText => ({ tone: 'good', text });
const warning = (text: string): EventText => ({ tone: 'warning', text });
const bad = (text: string): EventText => ({ tone: 'bad', text });
