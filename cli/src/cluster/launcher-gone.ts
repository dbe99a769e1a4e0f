/**
 * Calls back when the launcher that started this process is gone, however it ended (their channel closes). Without a
 * launcher: never.
 */
export function whenLauncherGone(callback: () => void): void {
  if (!process.connected) return;
  process.once('disconnect', callback);
  // Listening alone is no reason to live on.
  process.channel?.unref();
}
