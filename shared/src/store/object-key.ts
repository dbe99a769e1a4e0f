import { ObjectStoreError } from './object-store.ts';

/**
 * Keys are relative paths of plain segments, so that no key of any origin leaves its store.
 * @throws ObjectStoreError 'bad-key'
 */
export function checkObjectKey(key: string): void {
  const segments = key.split('/');
  const isPlain = segments.every(
    (segment) => segment !== '' && !segment.startsWith('.') && !segment.includes('..'),
  );
  if (!isPlain || /[\\\0]/.test(key)) {
    const rule =
      "segments divided by single '/', none of which is empty, begins with '.' or holds '..', '\\' or NUL";
    throw new ObjectStoreError('bad-key', `the key ${JSON.stringify(key)} must be ${rule}`);
  }
}
