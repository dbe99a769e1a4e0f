import { expect, it } from 'vitest';
import { CodedError } from './coded-error.ts';

class KitchenError extends CodedError<'burnt' | 'raw'> {
  /** A class that names itself is compiled another way. */
  static burnt(what: string): KitchenError {
    return new KitchenError('burnt', `${what} is burnt: turn it down`);
  }
}

it('has the name of its class, its code, its message and its cause', () => {
  const cause = new Error('too hot');
  const error = new KitchenError('raw', 'the bread is raw: wait', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ code: 'raw', message: 'the bread is raw: wait', cause });
  expect(error.name).toBe('KitchenError');
  expect(String(KitchenError.burnt('the cake'))).toBe('KitchenError: the cake is burnt: turn it down');
  expect(error.stack).toContain('coded-error.test.ts');
});
