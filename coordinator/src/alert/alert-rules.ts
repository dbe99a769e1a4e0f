/** What a person must look after; the others the run settles by itself. */
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
    const reason = `the last ${facts.failedCheckpoints} checkpoints could not be saved: what is trained since the one before is lost with the coordinator; see its log for the store`;
    alerts.push({ alert: 'checkpoints-failing', reason });
  }
  if (facts.withoutWorkersMs > LONGEST_WITHOUT_WORKERS_MS) {
    const reason = `no worker for more than ${LONGEST_WITHOUT_WORKERS_MS / 1000} s: start some, or look at why they left`;
    alerts.push({ alert: 'no-workers', reason });
  }
  if (facts.refusedWorkers > MOST_REFUSED_WORKERS) {
    const reason = `${facts.refusedWorkers} workers were refused in ${REFUSED_WITHIN_MS / 60_000} minutes: see the worker.refused events for what they lack`;
    alerts.push({ alert: 'workers-refused', reason });
  }
  if (facts.eventServerAwayMs > LONGEST_WITHOUT_SERVER_MS) {
    const reason = `the event server has been away for more than ${LONGEST_WITHOUT_SERVER_MS / 1000} s: the log says why; events wait in the run's folder`;
    alerts.push({ alert: 'event-server-away', reason });
  }
  if (facts.areEventsOverflowing) {
    const reason =
      'more events wait for their server than events.maxWaiting: the oldest will not be delivered';
    alerts.push({ alert: 'events-overflowing', reason });
  }
  return alerts;
}
