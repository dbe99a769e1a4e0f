import { randomUUID } from 'node:crypto';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunFolder } from '@atelier/coordinator/storage/run-folder';
import { bytesOfFloats } from '@atelier/proto/frames';
import type { LentNodeInput } from '@atelier/proto/generated/atelier/v1/LentNode';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReadyInput } from '@atelier/proto/generated/atelier/v1/Ready';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import { loadConfig } from '@atelier/shared/config/load-config';
import type { RunConfigInput } from '@atelier/shared/config/run-config';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import { systemClock } from '@atelier/shared/time/system-clock';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { openDataset } from '@atelier/worker/datasets/open-dataset';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeJson, cifarBytes, fileOf, flipBit, idxBytes, readDamaged } from '../harness/bad-files.ts';
import type { ScriptedWorker } from '../harness/scripted-worker.ts';
import { newFolder, ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig, toyDefinition, toyFingerprint, toyNode } from '../harness/toy-run.ts';

// Over 250 lines: one kind of bad input a test.

const SYSTEM = { clock: systemClock, disk: systemDisk, newId: randomUUID };

/** A run that lives through the whole table. */
interface Bench {
  readonly coordinator: ToyCoordinator;
  readonly worker: ScriptedWorker;
  /** That the run is at. */
  readonly step: number;
}
interface Row {
  readonly name: string;
  /** Rejects with the error that a person would see. */
  readonly act: (bench: Bench) => Promise<unknown>;
  readonly says: RegExp;
}

/** Its worker sends no heartbeats while the rows are tried. */
const RUN = toyConfig({ iterations: 60, scheduling: { leaseMs: 60_000, heartbeatMs: 1_000 } });
const ROOT: NodeId = { level: 2, index: 0 };

const GOOD = `name: demo
iterations: 10
model: { preset: adain-32 }
data:
  content: { kind: mnist }
optimizers:
  generator: { kind: adam, learningRate: 2e-4 }
`;
function config(name: string, from: string, to: string, says: RegExp): Row {
  const act = async () => loadConfig(await fileOf('demo.yaml', GOOD.replace(from, to)));
  return { name: `a config with ${name}`, act, says };
}

const SHAPE = { size: 4, channels: 1 } as const;
const IMAGES = idxBytes([2, 4, 4], new Uint8Array(32));
const dataset = (input: Parameters<typeof openDataset>[0], cacheFolder = newFolder()) =>
  openDataset(input, SHAPE, { cacheFolder });
function idx(name: string, bytes: Uint8Array | string, says: RegExp): Row {
  const act = async () => dataset({ kind: 'idx', images: await fileOf('images.idx', bytes) });
  return { name: `an IDX file with ${name}`, act, says };
}
function cifar(name: string, bytes: Uint8Array, says: RegExp): Row {
  const act = async () =>
    dataset({ kind: 'cifar10', path: await fileOf('batch.bin', bytes), split: 'train' });
  return { name: `a CIFAR-10 file with ${name}`, act, says };
}
function pictures(name: string, file: string, bytes: Uint8Array | string, says: RegExp): Row {
  const act = async () => dataset({ kind: 'folder', path: join(await fileOf(file, bytes), '..'), crops: 1 });
  return { name: `a folder of pictures with ${name}`, act, says };
}

function checkpoint(name: string, damage: Parameters<typeof readDamaged>[0], says: RegExp): Row {
  return { name: `a checkpoint with ${name}`, act: () => readDamaged(damage), says };
}
const manifestWith = (changes: object) => (fileAt: (name: string) => string) =>
  changeJson(fileAt('manifest.json'), changes);

/** A finished run's folder, changed, and gone on with. */
function folder(
  name: string,
  change: (path: string) => Promise<unknown>,
  says: RegExp,
  changes: Partial<RunConfigInput> = {},
): Row {
  const act = async () => {
    const path = newFolder();
    await RunFolder.open(path, { config: toyConfig(), resume: false }, SYSTEM);
    await change(path);
    return RunFolder.open(path, { config: toyConfig(changes), resume: true }, SYSTEM);
  };
  return { name: `a run's folder with ${name}`, act, says };
}

type Header = ReturnType<ScriptedWorker['headerOf']>;
type Frames = Parameters<ScriptedWorker['pushFrames']>[0];
interface Parts {
  readonly header: (changes?: object) => { readonly header: Header };
  readonly identity: (changes: object) => { readonly header: Header };
  readonly data: { readonly data: Uint8Array };
  readonly step: number;
}
function partsOf({ worker, step }: Bench): Parts {
  const data = bytesOfFloats(toyNode(step, ROOT));
  const header = (changes: object = {}) => ({
    header: { ...worker.headerOf(step, ROOT, data), ...changes },
  });
  const identity = (changes: object) => header({ identity: { ...worker.identity, ...changes } });
  return { header, identity, data: { data }, step };
}
function push(name: string, framesOf: (parts: Parts) => Frames, says: RegExp): Row {
  const act = async (bench: Bench) => accepted(await bench.worker.pushFrames(framesOf(partsOf(bench))));
  return { name: `a push with ${name}`, act, says };
}
function lend(name: string, nodeOf: (parts: Parts) => LentNodeInput, says: RegExp): Row {
  const act = async (bench: Bench) => accepted(await bench.worker.lendNode(nodeOf(partsOf(bench))));
  return { name, act, says };
}
function sample(name: string, png: Buffer, says: RegExp): Row {
  const act = async ({ worker, step }: Bench) => accepted(await worker.pushSample(step, png));
  return { name: `a sample that is ${name}`, act, says };
}
function stranger(name: string, speak: (worker: ScriptedWorker) => unknown, says: RegExp): Row {
  const act = async ({ coordinator }: Bench) => {
    const worker = coordinator.connect('stranger');
    await speak(worker);
    const { code, message } = await worker.next('refused');
    throw new Error(`${code}: ${message}`);
  };
  return { name: `a worker with ${name}`, act, says };
}
const ready = (changes: ReadyInput) => async (worker: ScriptedWorker) => {
  await worker.hello();
  worker.ready(changes);
};
const definitionWith = (changes: object) =>
  ready({ definitionJson: JSON.stringify({ ...toyDefinition, ...changes }) });

/** A receipt that says no is no error on the wire; here it is one. */
function accepted({ status, detail }: PushReceipt): void {
  if (status !== 'accepted') throw new Error(`${status}: ${detail}`);
}

function png(width: number, height: number): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452000000000000000008020000000000000000', 'hex');
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return Buffer.concat([head, Buffer.from('0000000049454e44ae426082', 'hex')]);
}

const TABLE: readonly Row[] = [
  config('a word for a number', '10', 'ten', /demo\.yaml:2: iterations: wanted a number, got "ten"/),
  config('no iterations', '10', '0', /demo\.yaml:2: iterations: wanted more than 0, got 0/),
  config('a field left out', 'iterations: 10\n', '', /iterations: wanted a number, got nothing/),
  config('a stranger', 'name', 'colour: red\nname', /:1: colour: wanted no field of this name, got "red"/),
  config('a negative rate', '2e-4', '-1', /:7: optimizers\.generator\.learningRate: wanted more than 0/),
  config('no such optimizer', 'adam', 'lion', /optimizers\.generator\.kind: wanted one of adam, .*"lion"/),
  config('no such data', 'mnist', 'imagenet', /:5: data\.content\.kind: wanted one of .*"imagenet"/),
  config('a tree of three', 'name', 'virtualWorkers: 3\nname', /virtualWorkers: wanted a power of two/),
  config('two models', 'adain-32', 'a, module: b.ts', /:3: model: wanted either preset or module/),
  config('broken YAML', '{ kind: mnist }', '{ kind: mnist', /demo\.yaml:6: /),
  { name: 'a config that is not there', act: () => loadConfig('/no/such.yaml'), says: /\/no\/such\.yaml/ },

  idx('a cut header', IMAGES.subarray(0, 9), /images\.idx has 9 bytes; the header/),
  idx('cut pixels', IMAGES.subarray(0, -5), /images\.idx has 27 bytes of values; .* wants 32/),
  idx('bytes over', Buffer.concat([IMAGES, Buffer.alloc(3)]), /images\.idx has 35 bytes of values/),
  idx('floats', idxBytes([2, 4, 4], new Uint8Array(32), 0x0d), /images\.idx begins with 0x00000d03/),
  idx('a page of text', '<html>404 not found</html>', /images\.idx begins with 0x3c68746d/),
  idx('labels for images', idxBytes([40], new Uint8Array(40)), /images\.idx begins with 0x00000801/),
  idx('half a gzip', Buffer.of(0x1f, 0x8b, 8, 0), /images\.idx is not a complete gzip file/),
  idx('no images', idxBytes([0, 4, 4], new Uint8Array()), /images\.idx contains no images/),
  idx('oblong images', idxBytes([2, 2, 8], new Uint8Array(32)), /images\.idx has images of 2 x 8/),
  {
    name: 'an IDX file with labels of another number',
    act: async () =>
      dataset({
        kind: 'idx',
        images: await fileOf('two', IMAGES),
        labels: await fileOf('three', idxBytes([3], Uint8Array.of(1, 2, 3))),
      }),
    says: /three has 3 labels; .*two has 2 images/,
  },
  {
    name: 'an IDX file that is not there',
    act: () => dataset({ kind: 'idx', images: '/no/such.idx' }),
    says: /\/no\/such\.idx does not exist/,
  },
  cifar('a cut record', cifarBytes(1).subarray(1), /batch\.bin has 3072 bytes: 0 records/),
  cifar('the label 10', cifarBytes(10), /batch\.bin has label 10 in record 0; .* labels 0 to 9/),
  cifar('nothing in it', Buffer.alloc(0), /batch\.bin is empty/),
  {
    name: 'a CIFAR-10 folder without batches',
    act: () => dataset({ kind: 'cifar10', path: newFolder(), split: 'test' }),
    says: /contains no test_batch\.bin/,
  },
  pictures('none', 'notes.txt', 'not a picture', /contain no pictures/),
  pictures('text in one', 'cat.png', 'not a picture', /cat\.png cannot be decoded as a picture/),
  pictures('a picture cut off', 'cut.png', png(8, 8).subarray(0, 40), /cut\.png cannot be decoded/),
  {
    name: 'a folder of pictures that is not there',
    act: () => dataset({ kind: 'folder', path: '/no/such', crops: 1 }),
    says: /\/no\/such does not exist/,
  },

  checkpoint('a flipped bit', (at) => flipBit(at('critic.safetensors'), -1), /critic\.safetensors .*SHA-256/),
  checkpoint(
    'a flipped header',
    (at) => flipBit(at('critic.safetensors'), 3),
    /critic\.safetensors .*SHA-256/,
  ),
  checkpoint(
    'a cut file',
    (at) => truncate(at('critic.safetensors'), 50),
    /critic\.safetensors has 50 bytes/,
  ),
  checkpoint('a lost file', (at) => rm(at('critic.safetensors')), /critic\.safetensors is missing/),
  checkpoint('no manifest', (at) => rm(at('manifest.json')), /step-000000004\/manifest\.json is missing/),
  checkpoint('a cut manifest', (at) => truncate(at('manifest.json'), 99), /manifest\.json is not JSON/),
  checkpoint('another step', manifestWith({ step: 3 }), /manifest\.json/),
  checkpoint('another layout', manifestWith({ layoutHash: '0'.repeat(64) }), /manifest\.json is wrong/),
  checkpoint('another digest', manifestWith({ parametersDigest: '0'.repeat(64) }), /manifest\.json .*digest/),
  checkpoint('no files', manifestWith({ files: [] }), /manifest\.json/),

  folder(
    'a record cut off',
    (path) => truncate(join(path, 'run.json'), 9),
    /run\.json, the record of the run, cannot be read/,
  ),
  folder(
    'a config cut off',
    (path) => truncate(join(path, 'config.json'), 9),
    /config\.json, the config of the run, cannot be read/,
  ),
  folder('an address cut off', (path) => writeFile(join(path, 'coordinator.json'), '{'), /coordinator\.json/),
  folder('another seed', async () => {}, /seed: the run in .* has 1, but the config has 5/, { seed: 5 }),
  {
    name: 'a folder that holds something else',
    act: async () =>
      RunFolder.open(
        join(await fileOf('thesis.tex', ''), '..'),
        { config: toyConfig(), resume: false },
        SYSTEM,
      ),
    says: /is not empty and contains no run/,
  },

  push(
    'the run of another folder',
    (p) => [p.identity({ runId: 'x' }), p.data],
    /wrong-run: run_id: got "x"/,
  ),
  push('an earlier life', (p) => [p.identity({ incarnation: 'x' }), p.data], /wrong-incarnation: .*"x"/),
  push('no session', (p) => [p.identity({ sessionId: 'x' }), p.data], /unknown-session: session_id: "x"/),
  push(
    'another layout',
    (p) => [p.identity({ layoutHash: 'x' }), p.data],
    /wrong-layout: layout_hash: got "x"/,
  ),
  push('no identity', (p) => [p.header({ identity: null }), p.data], /bad-message: identity: got "nothing"/),
  push('no node', (p) => [p.header({ node: null }), p.data], /bad-message: header\.node: got "nothing"/),
  push('a level too high', (p) => [p.header({ node: { level: 3, index: 0 } }), p.data], /bad-node: 3:0 /),
  push('an index too high', (p) => [p.header({ node: { level: 2, index: 1 } }), p.data], /bad-node: 2:1 /),
  push('a negative index', (p) => [p.header({ node: { level: 0, index: -1 } }), p.data], /bad-node: 0:-1 /),
  push(
    'a step to come',
    (p) => [p.header({ step: p.step + 1 }), p.data],
    /future-step: step \d+ is not open/,
  ),
  push('a step gone by', (p) => [p.header({ step: p.step - 1 }), p.data], /^stale: step \d+ is over/),
  push(
    'an enormous length',
    (p) => [p.header({ numBytes: 2 ** 40 }), p.data],
    /wrong-length: .*1099511627776/,
  ),
  push(
    'too few bytes',
    (p) => [p.header(), { data: p.data.data.subarray(4) }],
    /wrong-length: bytes received/,
  ),
  push('too many bytes', (p) => [p.header(), p.data, p.data], /wrong-length: bytes received: got "at least/),
  push('data before the header', (p) => [p.data, p.header()], /bad-message: first message .*got "data"/),
  push('two headers', (p) => [p.header(), p.header()], /bad-message: message after the header: got "header"/),
  push('nothing in it', () => [], /bad-message: first message .*"the end of the stream"/),
  push('a wrong checksum', (p) => [p.header({ crc32: 1 }), p.data], /wrong-checksum: .*wanted 1/),
  lend(
    'a node in a segment of no process',
    (p) => p.header({ segment: { pid: 2 ** 30, fd: 3, inode: 1, stamp: 1 } }),
    /unseen: \/proc\/1073741824\/fd\/3 cannot be opened/,
  ),
  lend(
    'a node in a segment that is none',
    (p) => p.header({ segment: { pid: -1, fd: 3, inode: 1, stamp: 1 } }),
    /unseen: segment: got pid -1/,
  ),
  lend('a node lent without a segment', (p) => p.header(), /bad-message: node: got "no header or segment"/),
  lend('a node lent without a header', () => ({}), /bad-message: node: got "no header or segment"/),
  lend(
    'a node lent by a stranger',
    (p) => p.header({ identity: null, segment: { pid: 1, fd: 3, inode: 1, stamp: 1 } }),
    /bad-message: identity: got "nothing"/,
  ),
  push('an oversized frame', (p) => [p.header(), { data: new Uint8Array(5 * 2 ** 20) }], /larger than max/),
  {
    name: 'initial values for the second time',
    act: async ({ worker }) => accepted(await worker.pushInitial()),
    says: /^duplicate: the run has its initial parameters already/,
  },
  {
    name: 'a pull of no group',
    act: ({ worker }) => worker.pull('x', 1),
    says: /unknown-group: group: got "x"/,
  },
  {
    name: 'a pull of another version',
    act: ({ worker }) => worker.pull('critic', 9_999),
    says: /stale-version: version of 'critic': got 9999/,
  },
  {
    name: 'a pull of no such kind',
    act: ({ worker }) => worker.pull('critic', 1, 'gradients'),
    says: /bad-message: kind: got "gradients"/,
  },
  sample('text', Buffer.from('<html>404 not found</html>'), /bad-image: png: got 26 bytes/),
  sample('cut off', png(8, 8).subarray(0, -4), /bad-image: png: got \d+ bytes/),
  sample('without pixels', png(0, 8), /bad-image: png: got 0 x 8 pixels/),
  sample('enormous', png(2 ** 31, 8), /bad-image: png: got 2147483648 x 8 pixels/),
  sample('wanted by nobody', png(8, 8), /^stale: the run wants no sample of step \d+/),

  stranger(
    'another protocol',
    (w) => w.sayHello(99),
    new RegExp(`protocol-version: .*got 99, wanted ${PROTOCOL_VERSION}`),
  ),
  stranger('no hello', (w) => w.send({ heartbeat: {} }), /bad-message: .*got "heartbeat", wanted "hello"/),
  stranger('an empty message', (w) => w.send({}), /bad-message: .*got "nothing", wanted "hello"/),
  stranger('a definition cut off', ready({ definitionJson: '{' }), /bad-message: definition_json: /),
  stranger('a fingerprint of a list', ready({ fingerprintJson: '[]' }), /bad-message: fingerprint_json: /),
  stranger('another model', definitionWith({ model: 'x' }), /definition hash: got .*model differs/),
  stranger('other phases', definitionWith({ phases: toyDefinition.phases.slice(1) }), /phases differs/),
  stranger(
    'another engine',
    ready({ fingerprintJson: JSON.stringify({ ...toyFingerprint, intraOpThreads: 2 }) }),
    /fingerprint: .*intraOpThreads: the run has 1, this worker 2/,
  ),
];

describe(`bad input of ${TABLE.length} kinds`, () => {
  let coordinator: ToyCoordinator;
  let worker: ScriptedWorker;

  beforeAll(async () => {
    coordinator = await ToyCoordinator.start({ config: RUN });
    worker = await coordinator.join('steady');
    // Some rows speak of a step gone by: there must be one.
    await worker.compute(await worker.next('assignment'));
    await worker.next('assignment');
  });
  afterAll(() => coordinator[Symbol.asyncDispose]());

  it.each(TABLE)('$name is refused by name, and the run goes on', async ({ act, says }) => {
    const { step } = await coordinator.status();
    await expect(act({ coordinator, worker, step })).rejects.toThrow(says);
    expect((await coordinator.status()).step).toBe(step);
    expect(await worker.pushNode(step, ROOT)).toMatchObject({ status: 'accepted' });
    expect((await worker.next('assignment')).step).toBe(step + 1);
  });

  it('leaves no trace: the run ends in the digest of one that saw none of it', async () => {
    const { step } = await coordinator.status();
    await worker.compute({ step, blocks: [ROOT] });
    await worker.work();
    await coordinator.finished;

    await using undisturbed = await ToyCoordinator.start({ config: RUN });
    await (await undisturbed.join('alone')).work();
    await undisturbed.finished;
    expect(await coordinator.digest()).toEqual(await undisturbed.digest());
  });

  it('of a gradient that is not a number ends the run, saying what and before which step', async () => {
    await using own = await ToyCoordinator.start();
    const poisoner = await own.join('poisoner');
    await poisoner.next('assignment');
    const bytes = bytesOfFloats(toyNode(0, ROOT).fill(Number.NaN, 0, 1));
    await poisoner.pushFrames([{ header: poisoner.headerOf(0, ROOT, bytes) }, { data: bytes }]);
    expect(await own.finished).toMatchObject({ kind: 'failed', step: 0 });
    expect(JSON.stringify(await own.events())).toMatch(/non-finite gradient of 'w'/);
  });
});
