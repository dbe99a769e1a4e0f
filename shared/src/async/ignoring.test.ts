import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/coded-error.ts';
import { ignoring } from './ignoring.ts';

class KitchenError extends CodedError<'burnt'> {}

/** The warnings while something is done. */
async function warningsDuring(act: () => Promise<unknown>): Promise<Error[]> {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  await act();
  // They come in order: what was before this one has come with it.
  process.emitWarning('the last one');
  await once(process, 'warning');
  process.off('warning', note);
  return warnings.slice(0, -1);
}

describe('ignoring', () => {
  it('gives what the promise comes to', async () => {
    expect(await ignoring(Promise.resolve('bread'), 'it is only breakfast')).toBe('bread');
  });

  it('lets go of a failure with a code', async () => {
    const warnings = await warningsDuring(async () => {
      expect(await ignoring(readFile('/nowhere'), 'the cook has told')).toBeUndefined();
      expect(
        await ignoring(Promise.reject(new KitchenError('burnt', '')), 'the cook has told'),
      ).toBeUndefined();
    });
    expect(warnings).toEqual([]);
  });

  it('tells of a mistake in the code, where it was made and why failures are ignored there', async () => {
    const warnings = await warningsDuring(async () => {
      const mistaken = Promise.resolve().then(() => (undefined as unknown as () => void)());
      expect(await ignoring(mistaken, 'the cook has told')).toBeUndefined();
    });
    expect(warnings).toMatchObject([
      {
        name: 'UnforeseenError',
        message: expect.stringContaining('the cook has told'),
        detail: expect.stringContaining('ignoring.test.ts'),
      },
    ]);
  });
});
