import type { OpenFile } from './disk/disk.ts';

const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * The lines of a file, last to first, without their ends: first what stands behind the last newline, which is nothing or a
 * line that is cut short.
 * @param mostBytes no line that begins further back. Default: all
 */
export async function* linesFromEnd(
  file: Pick<OpenFile, 'stat' | 'read'>,
  mostBytes: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  const { size } = await file.stat();
  const least = Math.max(0, size - mostBytes);
  let beginning: Buffer = Buffer.alloc(0);
  for (let end = size; end > least; ) {
    const start = Math.max(least, end - BLOCK_BYTES);
    const block = Buffer.alloc(end - start);
    await file.read(block, 0, block.length, start);
    let bytes = Buffer.concat([block, beginning]);
    for (let at = bytes.lastIndexOf(NEWLINE); at >= 0; at = bytes.lastIndexOf(NEWLINE)) {
      yield bytes.toString('utf8', at + 1);
      bytes = bytes.subarray(0, at);
    }
    beginning = bytes;
    end = start;
  }
  // Of the oldest block it may be the second half of a line.
  if (least === 0) yield beginning.toString('utf8');
}
