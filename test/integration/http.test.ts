import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freeAddress } from '../harness/free-address.ts';
import { HttpClient } from '../harness/http-client.ts';
import { newFolder, ToyCoordinator } from '../harness/toy-coordinator.ts';

const TOKEN = 'a-token-of-this-test';

describe('a coordinator over HTTP', () => {
  it('tells its address in its folder, its metrics, and that it is ready', async () => {
    await using coordinator = await ToyCoordinator.start();
    const file: unknown = JSON.parse(await readFile(join(coordinator.folder, 'coordinator.json'), 'utf8'));
    expect(file).toMatchObject({ address: coordinator.address, http: coordinator.http });
    const client = new HttpClient(coordinator.http);
    expect(await client.text('/healthz')).toBe('alive\n');
    expect(await client.text('/readyz')).toBe('ready\n');
    expect(await client.text('/metrics')).toMatch(/^process_cpu_seconds_total \d/m);
  });

  it('answers under no other name than the loopback’s, and lets no other page in', async () => {
    await using coordinator = await ToyCoordinator.start();
    expect(await statusUnder(coordinator, 'rebound.example.org')).toBe(421);
    expect(await statusUnder(coordinator, 'localhost:1234')).toBe(200);
    const { headers } = await fetch(`http://${coordinator.http}/api/status`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is not ready once it ends, and still tells those who watch how the run ended', async () => {
    // One that the system gives to nobody: who had it next might answer.
    await using coordinator = await ToyCoordinator.start({ http: await freeAddress() });
    const client = new HttpClient(coordinator.http);
    const stream = client.stream();
    await stream.nextEvents(1);
    await (await coordinator.join('a')).work();
    await coordinator.finished;
    const messages = await stream.untilEnd();
    expect(messages.at(-1)?.data).toMatchObject({ state: 'completed', step: 8 });
    expect(messages.filter(({ data }) => data['type'] === 'step.committed')).toHaveLength(8);
    await expect(client.text('/readyz')).rejects.toThrow('fetch failed');
  });

  it('tells one who comes again what has happened since, and one who comes first the latest', async () => {
    // Nobody is interested in the ends of these streams.
    await using coordinator = await ToyCoordinator.start({ graceMs: 500 });
    const client = new HttpClient(coordinator.http);
    const worker = await coordinator.join('a');
    for (let step = 0; step < 3; step += 1) await worker.compute(await worker.next('assignment'));
    const events = await coordinator.events();
    const seen = events[1];
    const { runId } = events[0] ?? { runId: '' };

    using again = client.stream(`${runId}:${seen?.sequence}`);
    expect(await again.nextEvents(events.length - 2)).toEqual(events.slice(2));
    using first = client.stream();
    const latest = events.filter(({ type }) => type !== 'step.committed');
    expect(await first.nextEvents(latest.length)).toEqual(latest);
    using ofAnotherRun = client.stream('another-run:7');
    expect(await ofAnotherRun.nextEvents(1)).toEqual(latest.slice(0, 1));
  });

  it('tells of a run that is over what happened, in a later life, too', async () => {
    await using first = await ToyCoordinator.start();
    await (await first.join('a')).work();
    await first.finished;
    await using second = await ToyCoordinator.start({ folder: first.folder, resume: true, stay: true });
    const messages = await new HttpClient(second.http).stream().untilEnd();
    expect(messages.map(({ data }) => data['type'])).toContain('run.completed');
    expect(messages.filter(({ data }) => data['state'] === 'completed')).not.toEqual([]);
  });

  it('gives the curves of all lives of the run', async () => {
    await using first = await ToyCoordinator.start();
    const worker = await first.join('a');
    for (let step = 0; step < 4; step += 1) await worker.compute(await worker.next('assignment'));
    await first.stop();
    await using second = await ToyCoordinator.start({ folder: first.folder, resume: true });
    const client = new HttpClient(second.http);
    const before = await client.json<{ readonly cursor: string }>('/api/history');
    expect(before).toMatchObject({
      isWhole: true,
      numPoints: 2,
      gradientNorms: { critic: [expect.any(Number), expect.any(Number)] },
    });
    const next = await second.join('b');
    await next.compute(await next.next('assignment'));
    await next.next('assignment');
    const after = await client.json(`/api/history?cursor=${before.cursor}`);
    expect(after).toMatchObject({ isWhole: false, firstPoint: 1, numPoints: 2 });
  });

  it('gives the sample grids and nothing else of the folder', async () => {
    await using coordinator = await ToyCoordinator.start();
    const client = new HttpClient(coordinator.http);
    for (const name of ['iteration-000020.png', 'iteration-000003.png', 'iteration-000020.png.unfinished']) {
      await writeFile(join(coordinator.folder, 'samples', name), name);
    }
    expect(await client.json('/api/samples')).toEqual([
      { name: 'iteration-000003.png', iteration: 3 },
      { name: 'iteration-000020.png', iteration: 20 },
    ]);
    expect(await client.text('/api/samples/iteration-000003.png')).toBe('iteration-000003.png');
    for (const name of [
      '..%2Fpage-token',
      '..%2F..%2Fpage-token',
      'iteration-000020.png.unfinished',
      'iteration-000004.png',
    ]) {
      expect((await client.get(`/api/samples/${name}`)).status, name).toBe(404);
    }
  });
});

describe('what changes the run', () => {
  it('is done for the token only', async () => {
    await using coordinator = await ToyCoordinator.start({ pageToken: TOKEN });
    const [stranger, guesser, owner] = [undefined, `${TOKEN}x`, TOKEN].map(
      (token) => new HttpClient(coordinator.http, token),
    );
    await coordinator.join('a');
    for (const action of ['pause', 'resume', 'checkpoint', 'stop', 'workers/a/drain']) {
      expect((await stranger?.post(action))?.status, action).toBe(401);
      expect((await guesser?.post(action))?.status, action).toBe(401);
    }
    expect(await coordinator.status()).toMatchObject({ state: 'running', workers: [{ state: 'active' }] });

    expect(await owner?.answerTo('pause')).toMatchObject({ step: 0 });
    expect(await owner?.answerTo('checkpoint')).toMatchObject({ step: 0, path: expect.any(String) });
    expect(await owner?.answerTo('resume')).toMatchObject({ state: 'running' });
    expect(await owner?.answerTo('workers/b/drain')).toEqual({
      error: 'worker: the run has no worker "b": choose one of a',
    });
    expect(await owner?.answerTo('workers/a/drain')).toMatchObject({ workers: [{ state: 'draining' }] });
    expect(await owner?.answerTo('stop')).toMatchObject({ state: 'stopping' });
    expect(await coordinator.finished).toMatchObject({ kind: 'stopped' });
  });

  it('says what stands against it', async () => {
    await using coordinator = await ToyCoordinator.start({ pageToken: TOKEN });
    const response = await new HttpClient(coordinator.http, TOKEN).post('checkpoint');
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({ error: 'no worker has sent the model yet: start a worker' });
  });

  it('has a token that is kept with the run, for its owner alone, over the lives of the coordinator', async () => {
    const folder = newFolder();
    const tokens: string[] = [];
    for (let life = 0; life < 2; life += 1) {
      await using coordinator = await ToyCoordinator.start({ folder, resume: true });
      const path = join(folder, 'page-token');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      tokens.push(await readFile(path, 'utf8'));
      expect((await new HttpClient(coordinator.http, tokens[0]).post('pause')).status).toBe(200);
    }
    expect(tokens[0]).toMatch(/^[\w-]{32}$/);
    expect(tokens[1]).toBe(tokens[0]);
  });

  it('is not begun with a token that could be guessed', async () => {
    await expect(ToyCoordinator.start({ pageToken: 'secret' })).rejects.toMatchObject({ code: 'bad-token' });
  });
});

/** `fetch` lets nobody set the Host. */
async function statusUnder({ http }: ToyCoordinator, host: string): Promise<number | undefined> {
  const asked = request(`http://${http}/healthz`, { headers: { host } }).end();
  const [response] = await once(asked, 'response');
  return response.statusCode;
}
