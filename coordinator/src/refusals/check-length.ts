import { RefusedError } from './refused-error.ts';

/** @throws RefusedError 'wrong-length' unless a header announces as many bytes as are wanted */
export function checkLength(got: number, wanted: number): void {
  if (got !== wanted) throw RefusedError.mismatch('wrong-length', 'header.num_bytes', got, wanted);
}
