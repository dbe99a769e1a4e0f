import { Hono } from 'hono';
import { etag } from 'hono/etag';
import type { Operator } from '../operator/operator.ts';
import type { RunView } from '../operator/run-view.ts';
import type { RunFolder } from '../storage/run-folder.ts';
import { JournalCurves } from './curves/journal-curves.ts';
import { streamEvents } from './event-stream.ts';
import { listSamples, readSample } from './sample-files.ts';

export interface RunRoutesModules {
  readonly run: RunView;
  readonly folder: RunFolder;
  readonly operator: Operator;
}

/** What the run is and does, for whoever looks. */
export function runRoutes({ run, folder, operator }: RunRoutesModules): Hono {
  const { virtualWorkers, batchPerVirtualWorker } = run.config;
  const imagesPerStep = virtualWorkers * batchPerVirtualWorker;
  const curves = new JournalCurves({ journal: folder.journal, imagesPerStep });
  const { runId } = run.identity;
  const routes = new Hono();
  routes.get('/status', (context) => context.json(operator.status()));
  routes.get('/config', (context) => context.json(run.config));
  routes.get('/history', async (context) => context.json(await curves.since(context.req.query('cursor'))));
  routes.get('/evaluations', (context) => context.json(run.evaluations.all));
  routes.get('/samples', async (context) => context.json(await listSamples(folder.samples)));
  // Another run may be at this address tomorrow, with grids of the same names.
  routes.get('/samples/:name', etag(), async (context) => {
    const png = await readSample(folder.samples, context.req.param('name'));
    if (png === undefined) return context.json({ error: 'there is no sample at this address' }, 404);
    return context.body(png, 200, { 'content-type': 'image/png', 'cache-control': 'no-cache' });
  });
  routes.get('/stream', (context) => streamEvents(context, { operator, path: folder.events, runId }));
  return routes;
}
