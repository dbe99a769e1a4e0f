import pino from 'pino';
import { z } from 'zod';
import { syntheticDefinition } from './synthetic-run.ts';
import { SyntheticWorker, syntheticNodesOf } from './synthetic-worker.ts';

/** Entry of a process with some synthetic workers in it; its one argument is JSON. */
const syntheticWorkersSchema = z.object({
  address: z.string(),
  groupSizes: z.array(z.number()),
  first: z.number(),
  count: z.number(),
});

const { address, groupSizes, first, count } = syntheticWorkersSchema.parse(JSON.parse(process.argv[2] ?? ''));
const definition = syntheticDefinition(groupSizes);
const nodes = syntheticNodesOf(definition);
const log = pino({ level: 'warn' });
process.once('disconnect', () => process.exit());
const { signal } = new AbortController();
const workers = Array.from({ length: count }, (_, i) => {
  const options = { address, name: `synthetic-${first + i}`, definition };
  return new SyntheticWorker(options, { nodes, log }).work(signal);
});
await Promise.all(workers);
