import { MessageChannel } from 'node:worker_threads';
import { buffersOf } from './transfer.ts';

/** Nobody hears what is sent here, and so what is handed over with it is freed. */
const nowhere = new MessageChannel().port1;
nowhere.close();

/**
 * Frees the memory of arrays, which are empty afterwards. Otherwise it waits for a collection, and as V8 counts it
 * towards the heap's growth it brings one about: in a worker with 1.7 million parameters, every ten iterations one of all
 * of the heap, which is two percent of all that the worker's processor time goes into.
 * @throws TypeError for an array that does not fill its own buffer
 */
export function freeNow(arrays: readonly ArrayBufferView[]): void {
  nowhere.postMessage(undefined, buffersOf(arrays));
}
