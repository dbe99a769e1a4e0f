import { type Collectors, setTotal, setTotals } from '@atelier/shared/metrics/create-metrics';
import type { coordinatorMetrics } from '@atelier/shared/metrics/metric-catalog';
import { goodputStates } from '../goodput/goodput.ts';
import { stateOf } from '../operator/run-status.ts';
import type { RunView } from '../operator/run-view.ts';
import { refusedCodes } from '../refusals/refused-error.ts';
import { evaluationCollectors } from './evaluation-collectors.ts';

const RUN_STATES = ['waiting', 'running', 'paused', 'stopping', 'completed', 'stopped', 'failed'] as const;
/** A counter that is there before it counts: otherwise its first count is no increase to Prometheus. */
const NONE_REFUSED = refusedCodes.map((code) => [code, 0] as const);
const WORKER_STATES = ['joining', 'active', 'draining'] as const;

/** How the metrics that need no push are read off a run. */
export function runCollectors(run: RunView): Collectors<typeof coordinatorMetrics> {
  const { config, identity, meter } = run;
  return {
    atelier_run_info: (gauge) => {
      // A run that waits for its first worker has no model yet, but a name to be found by.
      const model = run.loop?.definition.model ?? '';
      gauge.reset();
      gauge.set({ run: config.name, run_id: identity.runId, model }, 1);
    },
    atelier_run_state: (gauge) => {
      const { state } = stateOf(run);
      for (const name of RUN_STATES) gauge.set({ state: name }, name === state ? 1 : 0);
    },
    atelier_run_step: (gauge) => gauge.set(run.step),
    atelier_run_target_steps: (gauge) => gauge.set(run.loop?.numSteps ?? 0),
    atelier_run_iteration: (gauge) => gauge.set(run.loop?.iteration ?? 0),
    atelier_run_remaining_seconds: (gauge) => {
      const { loop } = run;
      const isUnderWay = loop !== undefined && run.lifeState.kind !== 'over';
      gauge.set(isUnderWay ? loop.throughput.secondsFor(loop.numSteps - run.step) : 0);
    },
    atelier_run_non_finite_total: (counter) => setTotal(counter, meter.numNonFinite),
    atelier_run_goodput_seconds_total: (counter) => {
      const { goodput } = meter;
      setTotals(
        counter,
        goodputStates.map((state) => [state, goodput[state]]),
      );
    },
    atelier_run_goodput_unsettled_seconds: (gauge) => gauge.set(meter.goodput.unsettled),
    atelier_run_down_seconds: (gauge) => gauge.set(meter.downSeconds),
    atelier_run_virtual_workers: (gauge) => {
      const counts = run.loop?.virtualWorkers() ?? { waiting: config.virtualWorkers, held: 0, reduced: 0 };
      for (const [state, count] of Object.entries(counts)) gauge.set({ state }, count);
    },
    atelier_coordinator_workers: (gauge) => {
      const states = Array.from(run.sessions, ({ state }) => (state === 'ready' ? 'joining' : state));
      for (const name of WORKER_STATES) {
        gauge.set({ state: name }, states.filter((state) => state === name).length);
      }
    },
    atelier_coordinator_worker_speed_virtual_workers_per_second: (gauge) => {
      gauge.reset();
      for (const { session, virtualWorkersPerSecond } of run.loop?.members() ?? []) {
        const worker = run.sessions.find(session)?.hello.name;
        if (worker !== undefined) gauge.set({ worker }, virtualWorkersPerSecond);
      }
    },
    atelier_coordinator_lost_leases_total: (counter) => setTotal(counter, meter.numLostLeases),
    atelier_coordinator_second_copies_total: (counter) => setTotal(counter, meter.numSecondCopies),
    atelier_coordinator_refused_messages_total: (counter) =>
      setTotals(counter, new Map([...NONE_REFUSED, ...run.refusals.counts])),
    atelier_coordinator_reduction_backlog_nodes: (gauge) => gauge.set(run.loop?.training.backlog ?? 0),
    atelier_coordinator_received_bytes_total: (counter) => setTotals(counter, meter.receivedBytes),
    atelier_coordinator_sent_bytes_total: (counter) => setTotals(counter, meter.sentBytes),
    atelier_checkpoint_step: (gauge) => gauge.set(run.checkpointStep),
    ...evaluationCollectors(run),
    atelier_events_delivered_total: (counter) => setTotal(counter, run.events.delivery?.delivered ?? 0),
    atelier_events_undelivered_total: (counter) => setTotal(counter, run.events.delivery?.undelivered ?? 0),
    atelier_events_spool_depth: (gauge) => gauge.set(run.events.delivery?.depth ?? 0),
    atelier_events_connected: (gauge) => {
      const { delivery } = run.events;
      if (delivery === undefined) gauge.remove({});
      else gauge.set(delivery.isConnected ? 1 : 0);
    },
  };
}
