import { writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { ignore } from '@atelier/shared/async/ignoring';

/** By 10: about a tenth of a processor that others want, all of one that nobody wants. */
const NICER_BY = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * Lets all others have the processor before this process. At its beginning, so that its threads have it from it. Where the
 * system does not allow it the process is as the others.
 */
export function yieldToOthers(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    const niceness = Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICER_BY);
    setPriority(pid, niceness);
    // A session of its own is weighed against others as a whole where Linux groups by sessions (autogroup).
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch (error) {
    ignore(
      error,
      'not Linux, without autogroups, not allowed, or the process has ended: it is as the others',
    );
  }
}
