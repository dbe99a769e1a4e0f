import { existsSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listCheckpoints } from '@atelier/shared/checkpoint/checkpoint-reader';
import type { RunConfig, RunConfigInput } from '@atelier/shared/config/run-config';
import { auditJournal } from '@atelier/shared/journal/journal-audit';
import { readJournal } from '@atelier/shared/journal/journal-reader';
import { LocalStore } from '@atelier/shared/store/local-store';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ScriptedWorker } from '../harness/scripted-worker.ts';
import { environmentFor, rootClient, storeOn } from '../harness/servers/minio-bucket.ts';
import { type MinioServer, startMinio } from '../harness/servers/minio-server.ts';
import { newFolder, ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig } from '../harness/toy-run.ts';

const BUCKET = 'runs';
const EVERY_STEP = { everyIterations: 1, keepLast: 2 };

let server: MinioServer;
/** Of the toy run that nothing happens to. */
let undisturbed: { readonly step: number; readonly digest: string };
beforeAll(async () => {
  server = await startMinio();
  await rootClient(server).makeBucket(BUCKET);
  Object.assign(process.env, environmentFor(server));
  await using coordinator = await ToyCoordinator.start();
  await (await coordinator.join('a')).work();
  await coordinator.finished;
  undisturbed = await coordinator.digest();
});
afterAll(() => server[Symbol.asyncDispose]());

let numRuns = 0;
/** A run of four iterations that has a place of its own in the bucket. */
function newRun(changes: Partial<RunConfigInput> = {}): RunConfig {
  numRuns += 1;
  const checkpoint = { store: `s3://${BUCKET}/shared`, ...EVERY_STEP };
  return toyConfig({ name: `run-${numRuns}`, checkpoint, ...changes });
}

const storeOf = ({ name }: RunConfig) => storeOn(server, BUCKET, { prefix: `shared/${name}/` });

/** Commits so many steps. */
async function commit(worker: ScriptedWorker, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await worker.compute(await worker.next('assignment'));
}

const untilSaved = (coordinator: ToyCoordinator, step: number): Promise<void> =>
  coordinator.untilEvent((event) => event.type === 'checkpoint.saved' && event.step === step);

async function auditOf(folder: string) {
  return auditJournal(readJournal(join(folder, 'journal.jsonl')));
}

/** A run of which some steps are committed and a checkpoint of all of them is in the bucket; its coordinator is gone. */
async function begunRun(numSteps: number): Promise<{ readonly config: RunConfig; readonly folder: string }> {
  const config = newRun();
  await using coordinator = await ToyCoordinator.start({ config });
  await commit(await coordinator.join('a'), numSteps);
  await coordinator.stop({ checkpoint: true });
  return { config, folder: coordinator.folder };
}

async function completed(options: { readonly config: RunConfig; readonly folder: string }): Promise<void> {
  await using coordinator = await ToyCoordinator.start({ ...options, resume: true });
  await (await coordinator.join('b')).work();
  expect(await coordinator.finished).toMatchObject({ kind: 'completed' });
  expect(await coordinator.digest()).toEqual(undisturbed);
  const audit = await auditOf(options.folder);
  expect(audit).toMatchObject({ missing: 0, repeated: 0, problems: [], steps: 8 });
}

describe('a run whose checkpoints go to a bucket', () => {
  it('leaves there what the config wants kept, and nothing of it in its folder', async () => {
    const config = newRun();
    await using coordinator = await ToyCoordinator.start({ config });
    await (await coordinator.join('a')).work();
    await coordinator.finished;
    expect(await coordinator.digest()).toEqual(undisturbed);
    const left = await listCheckpoints(storeOf(config));
    expect(left).toMatchObject([{ step: 8, hasManifest: true }, { hasManifest: true }]);
    expect(existsSync(join(coordinator.folder, 'checkpoints'))).toBe(false);
  });

  it('goes on from there alone when its folder is lost, with its whole ledger', async () => {
    const { config, folder } = await begunRun(5);
    await rm(folder, { recursive: true });
    await completed({ config, folder: newFolder() });
  });

  it('goes on again and again on one disk after another', async () => {
    const { config } = await begunRun(3);
    const folder = newFolder();
    {
      await using second = await ToyCoordinator.start({ config, folder, resume: true });
      const worker = await second.join('b');
      await commit(worker, 2);
      await untilSaved(second, 4);
      // As when it is killed: of step 4 there is no trace in the bucket.
      await second.stop({ checkpoint: false });
    }
    await completed({ config, folder: newFolder() });
  });

  it('was begun in its folder alone, and moves to the bucket with its ledger', async () => {
    const folder = newFolder();
    const local = toyConfig({ checkpoint: EVERY_STEP });
    {
      await using first = await ToyCoordinator.start({ config: local, folder });
      await commit(await first.join('a'), 3);
      await first.stop();
    }
    const config = newRun();
    {
      await using second = await ToyCoordinator.start({ config, folder, resume: true });
      expect(await second.status()).toMatchObject({ step: 3 });
      await commit(await second.join('a'), 1);
      await second.stop();
    }
    await completed({ config, folder: newFolder() });
  });
});

describe('a coordinator refuses to begin, and says what to do, when', () => {
  const refused = (options: { config: RunConfig; folder?: string; resume?: boolean; storeWaitMs?: number }) =>
    expect(ToyCoordinator.start(options)).rejects;

  it('the bucket is missing, the credentials are wrong, or the server stays away', async () => {
    const nowhere = toyConfig({ checkpoint: { store: 's3://nowhere' } });
    await refused({ config: nowhere }).toMatchObject({
      code: 'no-bucket',
      message: expect.stringContaining('create it (mc mb ALIAS/nowhere)'),
    });
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-wrong-secret');
    await refused({ config: newRun() }).toMatchObject({ code: 'denied' });
    vi.unstubAllEnvs();
    await server.kill();
    try {
      await refused({ config: newRun(), storeWaitMs: 300 }).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(
          /was not available for 0.3 s: .*start it, or check AWS_ENDPOINT_URL_S3/,
        ),
      });
    } finally {
      await server.restart();
    }
  });

  it('the bucket keeps another run of that name, of which nothing is changed', async () => {
    const { config } = await begunRun(3);
    const before = await storeOf(config).list('');
    await refused({ config }).toMatchObject({
      code: 'not-empty',
      message: expect.stringMatching(
        /already has checkpoints of run .*, at step 3: give --resume .* or change name/,
      ),
    });
    const folder = newFolder();
    await (await ToyCoordinator.start({ config: toyConfig(), folder })).stop();
    await refused({ config, folder, resume: true }).toMatchObject({ code: 'other-run' });
    expect(await storeOf(config).list('')).toEqual(before);
  });

  it('the run in the bucket has another config', async () => {
    const { config } = await begunRun(2);
    await refused({ config: { ...config, seed: 7 }, folder: newFolder(), resume: true }).toMatchObject({
      code: 'other-config',
      message: expect.stringMatching(/^seed: the run in s3:\/\/runs\/shared\/.* has 1, but the config has 7/),
    });
  });

  it('the run went on elsewhere since this folder had it', async () => {
    const { config, folder } = await begunRun(2);
    await appendFile(join(folder, 'journal.jsonl'), '{"kind":"other"}\n');
    await completed({ config, folder: newFolder() });
    await refused({ config, folder, resume: true }).toMatchObject({
      code: 'other-run',
      message: expect.stringContaining('the run was continued in another folder'),
    });
  });
});

describe('a store that is away', () => {
  it('is waited for at the beginning', async () => {
    await server.kill();
    const starting = ToyCoordinator.start({ config: newRun(), storeWaitMs: 60_000 });
    await server.restart();
    await using coordinator = await starting;
    expect(await coordinator.status()).toMatchObject({ state: 'waiting', step: 0 });
  });

  it('stops no step; back again, it gets the newest state before the next one is due', async () => {
    const config = newRun();
    await using coordinator = await ToyCoordinator.start({ config });
    const worker = await coordinator.join('a');
    await untilSaved(coordinator, 0);
    await server.kill();
    await commit(worker, 5);
    await coordinator.untilEvent(({ type }) => type === 'checkpoint.failed');
    expect(await coordinator.status()).toMatchObject({ step: 5, checkpointStep: 0 });
    await server.restart();
    await untilSaved(coordinator, 4);
    expect(await coordinator.status()).toMatchObject({ step: 5, checkpointStep: 4 });
  });

  it('at the end leaves the last state to the folder, from which the run goes on into the store', async () => {
    const config = newRun();
    const folder = newFolder();
    {
      await using coordinator = await ToyCoordinator.start({ config, folder, finalSaveMs: 300 });
      const worker = await coordinator.join('a');
      await commit(worker, 2);
      await untilSaved(coordinator, 2);
      await server.kill();
      await commit(worker, 3);
      await coordinator.stop();
      expect(await listCheckpoints(new LocalStore(folder))).toMatchObject([{ step: 5, hasManifest: true }]);
      expect(await coordinator.events()).toContainEqual(
        expect.objectContaining({ type: 'checkpoint.saved', step: 5, path: expect.stringContaining(folder) }),
      );
    }
    await server.restart();
    {
      await using next = await ToyCoordinator.start({ config, folder, resume: true });
      expect(await next.status()).toMatchObject({ step: 5 });
      await commit(await next.join('a'), 1);
      await untilSaved(next, 6);
    }
    await completed({ config, folder: newFolder() });
  });

  it('that does not answer is left after its time', async () => {
    const config = newRun();
    await using coordinator = await ToyCoordinator.start({ config, finalSaveMs: 300 });
    await commit(await coordinator.join('a'), 1);
    await untilSaved(coordinator, 0);
    await server.freeze();
    try {
      await coordinator.stop();
    } finally {
      await server.wake();
    }
    expect(await listCheckpoints(new LocalStore(coordinator.folder))).toMatchObject([{ step: 1 }]);
  });
});
