import { type ObjectStore, ObjectStoreError } from '@atelier/shared/store/object-store';
import type { Clock } from '@atelier/shared/time/clock';
import type { Logger } from 'pino';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 4_000;

/**
 * Waits for a store that is away as long as it may be away. What only a person can mend is not waited for.
 * @param act is given what aborts when the time is up: for what is small. What is large may take longer, and a store ends a
 * request itself when it is silent
 * @throws ObjectStoreError
 */
export async function whenAvailable<T>(
  store: ObjectStore,
  act: (signal: AbortSignal) => Promise<T>,
  { waitMs, clock, log }: { readonly waitMs: number; readonly clock: Clock; readonly log: Logger },
): Promise<T> {
  const signal = clock.timeoutSignal(waitMs);
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(MAX_DELAY_MS, delayMs * 2)) {
    try {
      return await act(signal);
    } catch (error) {
      if (!(error instanceof ObjectStoreError && error.code === 'unavailable')) throw error;
      const reason = error.message;
      if (signal.aborted) {
        const message = `${store.location} was not available for ${waitMs / 1000} s: ${reason}`;
        throw new ObjectStoreError('unavailable', message, { cause: error });
      }
      log.warn({ store: store.location, reason }, 'checkpoint store not available; waiting for it');
      await clock.sleep(delayMs, signal);
    }
  }
}
