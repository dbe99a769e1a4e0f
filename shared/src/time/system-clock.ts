import type { Clock, Timer } from './clock.ts';

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  unixMs: () => Date.now(),
  setTimeout: (callback, delayMs) => timerOf(setTimeout(callback, delayMs)),
  setInterval: (callback, periodMs) => timerOf(setInterval(callback, periodMs)),
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, delayMs);
      signal?.addEventListener('abort', wake);
    }),
  timeoutSignal: (delayMs) => AbortSignal.timeout(delayMs),
};

function timerOf(timeout: NodeJS.Timeout): Timer {
  const timer: Timer = {
    // clearTimeout ends intervals, too: both are one kind to Node.
    cancel: () => clearTimeout(timeout),
    unref: () => {
      timeout.unref();
      return timer;
    },
  };
  return timer;
}
