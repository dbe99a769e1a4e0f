import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { RunEvent } from '@atelier/shared/events/run-event';
import { RunApi } from './feed/run-api.ts';
import { RunStream } from './feed/run-stream.ts';
import { Actions } from './views/actions.ts';
import { Config } from './views/config.ts';
import { CurveCharts } from './views/curve-charts.ts';
import { Evaluations } from './views/evaluations.ts';
import { Events } from './views/events.ts';
import { Goodput } from './views/goodput.ts';
import { RunHeader } from './views/run-header.ts';
import { Samples } from './views/samples.ts';
import { Steering } from './views/steering.ts';
import { Workers } from './views/workers.ts';

const api = new RunApi();
const steering = new Steering({ api });
const header = new RunHeader();
const charts = new CurveCharts({ api });
const samples = new Samples();
const evaluations = new Evaluations();
const config = new Config();
const events = new Events();
const views = [header, new Actions({ steering }), new Workers({ steering }), new Goodput(), evaluations];

let shown: RunStatus | undefined;

function showStatus(status: RunStatus): void {
  const isNewLife = status.incarnation !== shown?.incarnation;
  // Another run serves its page at this address now.
  if (shown !== undefined && status.runId !== shown.runId) location.reload();
  if (isNewLife) void begin();
  if (isNewLife || status.step !== shown?.step) void charts.refresh();
  shown = status;
  for (const view of views) view.show(status);
  config.status(status);
}

/** What does not come by itself, and may have changed since an earlier life of the coordinator. */
async function begin(): Promise<void> {
  const [runConfig, all, measured] = await Promise.all([api.config(), api.samples(), api.evaluations()]);
  config.show(runConfig);
  evaluations.replace(measured);
  samples.show(all);
}

function showEvent(event: RunEvent): void {
  events.add(event);
  if (event.type === 'evaluation.completed') evaluations.add(event);
  if (event.type !== 'sample.rendered') return;
  const name = event.path.slice(event.path.lastIndexOf('/') + 1);
  samples.add({ name, iteration: event.iteration });
}

new RunStream({
  connection: (connection) => header.connection(connection),
  status: showStatus,
  event: showEvent,
}).start();
