import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';

describe('over HTTP', () => {
  it('a coordinator tells its address in its folder, its metrics, and that it is ready', async () => {
    await using coordinator = await ToyCoordinator.start();
    const file: unknown = JSON.parse(await readFile(join(coordinator.folder, 'coordinator.json'), 'utf8'));
    expect(file).toMatchObject({ address: coordinator.address, http: coordinator.http });
    expect(await bodyOf(coordinator, '/healthz')).toBe('alive\n');
    expect(await bodyOf(coordinator, '/readyz')).toBe('ready\n');
    expect(await bodyOf(coordinator, '/metrics')).toMatch(/^process_cpu_seconds_total \d/m);
  });

  it('nothing is told under another name than the loopback’s', async () => {
    await using coordinator = await ToyCoordinator.start();
    expect(await statusUnder(coordinator, 'rebound.example.org')).toBe(421);
    expect(await statusUnder(coordinator, 'localhost:1234')).toBe(200);
  });
});

async function bodyOf({ http }: ToyCoordinator, path: string): Promise<string> {
  return (await fetch(`http://${http}${path}`)).text();
}

/** `fetch` lets nobody set the Host. */
async function statusUnder({ http }: ToyCoordinator, host: string): Promise<number | undefined> {
  const asked = request(`http://${http}/healthz`, { headers: { host } }).end();
  const [response] = await once(asked, 'response');
  return response.statusCode;
}
