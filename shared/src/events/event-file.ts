import { on } from 'node:events';
import { watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../errors/error-code.ts';
import { parsedJson } from '../text/parsed-json.ts';
import type { EventSource, ReadOptions } from './event-bus.ts';
import { type RunEvent, runEventSchema } from './run-event.ts';

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** A whole line of the file; `event` is undefined for what a kill cut short. */
export interface FiledLine {
  readonly event: RunEvent | undefined;
  readonly end: number;
}

/**
 * Whole lines from a position on, about a block of them; none at the end of the file. The end of the file may be the
 * beginning of a line that is being written: it is not touched.
 */
export async function readLines(file: FileHandle, position: number): Promise<FiledLine[]> {
  for (let size = BLOCK_BYTES; ; size *= 2) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, position);
    const lines = [...linesOf(buffer.subarray(0, bytesRead), position)];
    // A single line may be longer than a block.
    if (lines.length > 0 || bytesRead < size) return lines;
  }
}

function* linesOf(bytes: Buffer, position: number): Generator<FiledLine> {
  for (let begin = 0, end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
    yield { event: parseEvent(bytes.toString('utf8', begin, end)), end: position + end + 1 };
    begin = end + 1;
  }
}

function parseEvent(line: string): RunEvent | undefined {
  return runEventSchema.safeParse(parsedJson(line)).data;
}

/** The events of a run as its folder holds them, also while a coordinator writes them. */
export class EventFile implements EventSource {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** A file that is not there yet holds nothing. @throws Error of the file system */
  async *read({ since = 0, follow = false, signal }: ReadOptions = {}): AsyncGenerator<RunEvent> {
    // From before the first read, so that no change is missed. The folder: the file may not be there yet.
    const watcher = follow ? watch(dirname(this.path)) : undefined;
    const changes = watcher && on(watcher, 'change', signal && { signal });
    let file: FileHandle | undefined;
    let position = 0;
    try {
      for (;;) {
        file ??= await openIfThere(this.path);
        const lines = file === undefined ? [] : await readLines(file, position);
        for (const { event, end } of lines) {
          position = end;
          if (event !== undefined && event.sequence >= since) yield event;
          if (signal?.aborted) return;
        }
        if (lines.length > 0) continue;
        if (changes === undefined) return;
        await changes.next();
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
    } finally {
      watcher?.close();
      await file?.close();
    }
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
