import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryId, SEGMENT_FOLDER } from './memory-id.ts';
import { atOnce, withPauses } from './pauses.ts';
import { readSegment, Segment, type SegmentName } from './segment.ts';

/** Longer than what is written and read without a pause. */
const bytes = Uint8Array.from({ length: 9 * 2 ** 20 + 5 }, (_, i) => i % 251);
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function segmentWith(content: Uint8Array): SegmentName {
  const segment = new Segment();
  closers.push(() => segment.close());
  atOnce(segment.write(content));
  return segment.name;
}

function read(name: SegmentName, numBytes: number): Promise<Uint8Array> {
  const target = new Uint8Array(numBytes);
  return withPauses(readSegment(name, numBytes, (at, size) => target.subarray(at, at + size))).then(
    () => target,
  );
}

/** Another process that holds a segment with a line of text, as long as it lives. */
async function otherProcess(): Promise<{ readonly child: ChildProcess; readonly name: SegmentName }> {
  const script = `
    import { Segment } from ${JSON.stringify(new URL('./segment.ts', import.meta.url).href)};
    import { atOnce } from ${JSON.stringify(new URL('./pauses.ts', import.meta.url).href)};
    const segment = new Segment();
    atOnce(segment.write(Buffer.from('from elsewhere')));
    console.log(JSON.stringify(segment.name));
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, [...TYPESCRIPT, '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closers.push(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  return { child, name: JSON.parse(String(line)) };
}

const TYPESCRIPT = [
  '--import',
  new URL('../../../test/harness/run-typescript.mjs', import.meta.url).href,
  '--conditions=source',
];

describe.runIf(memoryId() !== '')('a segment', () => {
  it('brings the bytes that were written last', async () => {
    const segment = new Segment();
    closers.push(() => segment.close());
    await withPauses(segment.write(bytes));
    expect(Buffer.from(await read(segment.name, bytes.length)).equals(bytes)).toBe(true);
    atOnce(segment.write(Uint8Array.of(9, 8)));
    expect([...(await read(segment.name, 3))]).toEqual([9, 8, bytes[2]]);
  });

  it('is read by another process, and leaves nothing when its process is killed', async () => {
    const { child, name } = await otherProcess();
    expect(Buffer.from(await read(name, 14)).toString()).toBe('from elsewhere');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect(read(name, 14)).rejects.toMatchObject({ code: 'unseen', message: /cannot be opened/ });
    const left = readdirSync(SEGMENT_FOLDER).filter((file) => file.startsWith(`atelier-${name.pid}-`));
    expect(left).toEqual([]);
  });

  it('tells when it was written to in the middle of a read, or before it', async () => {
    const segment = new Segment();
    closers.push(() => segment.close());
    atOnce(segment.write(bytes));
    const former = segment.name;
    const target = new Uint8Array(bytes.length);
    const reading = readSegment(former, bytes.length, (at, size) => target.subarray(at, at + size));
    expect(reading.next().done).toBe(false);
    // The first piece of what is written next is enough.
    segment.write(bytes).next();
    expect(() => atOnce(reading)).toThrow(/stamp of the segment: got 2, wanted 1/);
    await expect(read(former, bytes.length)).rejects.toMatchObject({ code: 'overwritten' });
  });

  it('is not read where it is too short', async () => {
    await expect(read(segmentWith(Uint8Array.of(1, 2, 3)), 4)).rejects.toMatchObject({
      code: 'unseen',
      message: expect.stringMatching(/a file of 3 bytes.* wanted a segment of 4 bytes/),
    });
  });

  it.each([
    ['a path', { fd: '1/../../../etc/passwd' }],
    ['a negative number', { fd: -1 }],
    ['a fraction', { pid: 1.5 }],
    ['no number', { inode: Number.NaN }],
  ])('is not looked for by %s', async (_, wrong) => {
    const name = { ...segmentWith(bytes), ...wrong } as SegmentName;
    await expect(read(name, 4)).rejects.toMatchObject({
      code: 'unseen',
      message: expect.stringContaining('wanted natural numbers'),
    });
  });

  it.each([
    ['has a name in a folder', () => openSync(newFile(), 'r')],
    ['is a device', () => openSync('/dev/zero', 'r')],
    ['is a folder', () => openSync(tmpdir(), 'r')],
  ])('is no open file that %s', async (_, open) => {
    const fd = open();
    closers.push(() => closeSync(fd));
    const name = { pid: process.pid, fd, inode: fstatSync(fd).ino, stamp: 1 };
    await expect(read(name, 4)).rejects.toMatchObject({
      code: 'unseen',
      message: expect.stringContaining('wanted a segment of 4 bytes, no name'),
    });
  });

  it('is no other file that has its number by now', async () => {
    const name = segmentWith(bytes);
    await expect(read({ ...name, inode: name.inode + 1 }, 4)).rejects.toMatchObject({ code: 'unseen' });
  });
});

function newFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'segment-')), 'file');
  writeFileSync(path, 'with content');
  return path;
}
