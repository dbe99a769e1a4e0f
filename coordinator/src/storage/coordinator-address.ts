import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { splitAddress } from '@atelier/shared/address';
import { ignore } from '@atelier/shared/async/ignoring';
import type { Disk } from '@atelier/shared/disk/disk';
import { ifThere } from '@atelier/shared/disk/if-there';
import { z } from 'zod';
import { RunFolderError } from './run-folder-error.ts';

/** In a run's folder, while a coordinator works on it. */
export const COORDINATOR_FILE = 'coordinator.json';
const CONNECT_MS = 500;

/** Where the coordinator that works on the folder can be reached. */
export interface CoordinatorAddress {
  readonly address: string;
  /** Of metrics, health and page. */
  readonly http?: string | undefined;
  readonly pid: number;
  readonly incarnation: string;
}

const coordinatorAddressSchema: z.ZodType<CoordinatorAddress> = z.strictObject({
  address: z.string(),
  http: z.string().optional(),
  pid: z.number().int(),
  incarnation: z.string(),
});

/**
 * Two coordinators on one folder would write over each other. One that was killed has left its address behind.
 * @throws RunFolderError 'in-use' | 'damaged'
 */
export async function assertUnattended(folder: string, disk: Disk): Promise<void> {
  const path = join(folder, COORDINATOR_FILE);
  const bytes = await ifThere(disk.readFile(path));
  if (bytes === undefined) return;
  const { address, pid } = readAddress(path, bytes.toString('utf8'));
  if (!(await isListening(address))) return;
  throw new RunFolderError(
    'in-use',
    `${folder} is in use by the coordinator with process id ${pid} at ${address}: stop that coordinator first (atelier stop --run ${folder}), or remove ${path} if that process is another program`,
  );
}

function readAddress(path: string, text: string): CoordinatorAddress {
  try {
    return coordinatorAddressSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new RunFolderError(
      'damaged',
      `${path}, the address of the coordinator, cannot be read: remove this file when no coordinator is running for the folder`,
      { cause: error },
    );
  }
}

async function isListening(address: string): Promise<boolean> {
  const socket = connect({ ...splitAddress(address), timeout: CONNECT_MS });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return true;
  } catch (error) {
    ignore(error, 'nobody answers there, which is what was asked');
    return false;
  } finally {
    socket.destroy();
  }
}
