/** What a person must act on. The run recovers from everything else by itself. */
export type AlertName =
  | 'checkpoints-failing'
  | 'no-workers'
  | 'workers-refused'
  | 'event-server-away'
  | 'events-overflowing';

export interface AlertFacts {
  /** In a row, up to now. */
  readonly failedCheckpoints: number;
  /** How long a run that wants workers has had none, ms. */
  readonly withoutWorkersMs: number;
  /** Within the last REFUSED_WITHIN_MS. */
  readonly refusedWorkers: number;
  /** How long the event server has been away, ms; 0 while it is there, or where none is wanted. */
  readonly eventServerAwayMs: number;
  /** Whether more events wait for the server than the config allows. */
  readonly areEventsOverflowing: boolean;
}

export interface Alert {
  readonly alert: AlertName;
  readonly reason: string;
}

export const REFUSED_WITHIN_MS = 10 * 60_000;
/** A single one is tried again by the next. */
const MOST_FAILED_CHECKPOINTS = 1;
const LONGEST_WITHOUT_WORKERS_MS = 60_000;
const MOST_REFUSED_WORKERS = 4;
const LONGEST_WITHOUT_SERVER_MS = 60_000;

/** The alerts that hold. */
export function decideAlerts(facts: AlertFacts): Alert[] {
  const alerts: Alert[] = [];
  if (facts.failedCheckpoints > MOST_FAILED_CHECKPOINTS) {
    const reason = `the last ${facts.failedCheckpoints} checkpoints could not be saved; all steps since the last saved one are computed again if the coordinator dies: read in its log why the store fails`;
    alerts.push({ alert: 'checkpoints-failing', reason });
  }
  if (facts.withoutWorkersMs > LONGEST_WITHOUT_WORKERS_MS) {
    const reason = `the run has had no worker for more than ${LONGEST_WITHOUT_WORKERS_MS / 1000} s: start workers, or find out in their logs why they left`;
    alerts.push({ alert: 'no-workers', reason });
  }
  if (facts.refusedWorkers > MOST_REFUSED_WORKERS) {
    const reason = `${facts.refusedWorkers} workers were refused within ${REFUSED_WITHIN_MS / 60_000} minutes: read the reasons with atelier events --type worker.refused`;
    alerts.push({ alert: 'workers-refused', reason });
  }
  if (facts.eventServerAwayMs > LONGEST_WITHOUT_SERVER_MS) {
    const reason = `the event server has been unreachable for more than ${LONGEST_WITHOUT_SERVER_MS / 1000} s, and events wait in the run's folder: read in the log of the coordinator why`;
    alerts.push({ alert: 'event-server-away', reason });
  }
  if (facts.areEventsOverflowing) {
    const reason =
      'more events wait for the server than events.maxWaiting, so the oldest will not be delivered: restore the server, or raise events.maxWaiting';
    alerts.push({ alert: 'events-overflowing', reason });
  }
  return alerts;
}
