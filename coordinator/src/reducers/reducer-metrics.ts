import { createMetrics } from '@atelier/shared/metrics/create-metrics';
import { createRegistry } from '@atelier/shared/metrics/create-registry';
import { reducerMetrics } from '@atelier/shared/metrics/metric-catalog';
import type { Registry } from 'prom-client';
import type { SliceHolder } from './slice-holder.ts';

/** A counter that is there before it counts: otherwise its first count is no increase to Prometheus. */
const [NOTHING_RECEIVED, NOTHING_SENT] = [
  [['node', 0]],
  [
    ['parameters', 0],
    ['difference', 0],
  ],
] as const;

/** Read off what a reducer holds when somebody scrapes; the label tells the reducers of a run apart. */
export function reducerRegistryOf(reducer: string, holder: SliceHolder): Registry {
  const registry = createRegistry();
  const named = (counts: Iterable<readonly [string, number]>) =>
    new Map([...counts].map(([kind, count]) => [kind, count]));
  createMetrics(reducerMetrics, registry, {
    atelier_reducer_info: (gauge) => {
      const { index = -1, numReducers = 0, runId = '' } = holder.slice?.order ?? {};
      gauge.reset();
      gauge.set({ reducer, slice: holder.slice ? `${index + 1} of ${numReducers}` : '', run_id: runId }, 1);
    },
    atelier_reducer_step: (gauge) => gauge.set({ reducer }, holder.slice?.state.step ?? 0),
    atelier_reducer_backlog_nodes: (gauge) => gauge.set({ reducer }, holder.slice?.state.backlog ?? 0),
    atelier_reducer_received_bytes_total: (counter) => {
      counter.reset();
      for (const [kind, bytes] of named([...NOTHING_RECEIVED, ...holder.receivedBytes]))
        counter.inc({ reducer, kind }, bytes);
    },
    atelier_reducer_sent_bytes_total: (counter) => {
      counter.reset();
      for (const [kind, bytes] of named([...NOTHING_SENT, ...holder.sentBytes]))
        counter.inc({ reducer, kind }, bytes);
    },
  });
  return registry;
}
