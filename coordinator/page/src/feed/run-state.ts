/** Whether nothing more will happen in this life of the run. */
export function isOver(state: string): boolean {
  return state === 'completed' || state === 'stopped' || state === 'failed';
}
