import { createMetrics, setTotals } from '@atelier/shared/metrics/create-metrics';
import { createRegistry } from '@atelier/shared/metrics/create-registry';
import { reducerMetrics } from '@atelier/shared/metrics/metric-catalog';
import type { Registry } from 'prom-client';
import type { ByteCounts } from '../meter/byte-counts.ts';
import type { SliceHolder } from './slice-holder.ts';

/** Read off what a reducer holds when somebody scrapes; the label tells the reducers of a run apart. */
export function reducerRegistryOf(reducer: string, holder: SliceHolder): Registry {
  const registry = createRegistry();
  const named = (counts: ByteCounts<string>) =>
    [...counts].map(([of, numBytes]) => [[reducer, ...of], numBytes] as const);
  createMetrics(reducerMetrics, registry, {
    atelier_reducer_info: (gauge) => {
      const { index = -1, numReducers = 0, runId = '' } = holder.slice?.order ?? {};
      gauge.reset();
      gauge.set({ reducer, slice: holder.slice ? `${index + 1} of ${numReducers}` : '', run_id: runId }, 1);
    },
    atelier_reducer_step: (gauge) => gauge.set({ reducer }, holder.slice?.state.step ?? 0),
    atelier_reducer_backlog_nodes: (gauge) => gauge.set({ reducer }, holder.slice?.state.backlog ?? 0),
    atelier_reducer_received_bytes_total: (counter) => setTotals(counter, named(holder.receivedBytes)),
    atelier_reducer_sent_bytes_total: (counter) => setTotals(counter, named(holder.sentBytes)),
  });
  return registry;
}
