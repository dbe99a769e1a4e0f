import assert from 'node:assert';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CodedError } from './coded-error.ts';
import { codeOf, hasCode } from './error-code.ts';
import { isForeseen } from './is-foreseen.ts';
import { ProgramFault } from './program-fault.ts';

class KitchenError extends CodedError<'burnt'> {}
class KitchenFault extends ProgramFault<'no-oven'> {}

const thrownBy = async (act: () => unknown): Promise<unknown> => {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
};

describe('isForeseen', () => {
  it.each([
    ['an error of ours', () => Promise.reject(new KitchenError('burnt', ''))],
    ['a file that is not there', () => readFile('/nowhere')],
    ['a call that failed', () => Promise.reject(Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }))],
    ['a wait that was given up', () => sleep(1000, undefined, { signal: AbortSignal.abort() })],
    ['a signal', () => AbortSignal.abort().throwIfAborted()],
    ['a deadline', () => sleep(60_000, undefined, { signal: AbortSignal.timeout(0) })],
  ])('%s', async (_, act) => {
    expect(isForeseen(await thrownBy(act))).toBe(true);
  });

  it.each([
    ['an error without a code', () => Promise.reject(new Error('oops'))],
    ['what is no error', () => Promise.reject('oops' as unknown)],
    ['a call of nothing', () => (undefined as unknown as () => void)()],
    ["a wrong argument, in spite of Node's code", () => readFile(1.5 as unknown as string)],
    ['an assertion', () => assert.equal(1, 2)],
    ['what cannot be sent to a thread', () => structuredClone(() => {})],
    ['a fault of the program, in spite of its code', () => Promise.reject(new KitchenFault('no-oven', ''))],
  ])('is false for %s', async (_, act) => {
    expect(isForeseen(await thrownBy(act))).toBe(false);
  });
});

it('knows an error by its code', async () => {
  const missing = await thrownBy(() => readFile('/nowhere'));
  expect(codeOf(missing)).toBe('ENOENT');
  expect(hasCode(missing, 'EACCES', 'ENOENT')).toBe(true);
  expect(hasCode(missing, 'EACCES')).toBe(false);
  expect(codeOf(new Error('oops'))).toBeUndefined();
  expect(hasCode({ code: 'ENOENT' }, 'ENOENT')).toBe(false);
});
