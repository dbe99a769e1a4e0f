import { type ObjectStore, ObjectStoreError } from '@atelier/shared/store/object-store';

/** Objects as they lie, for whoever looks at what a simulation has left: nothing is slow, and nothing fails. */
export class StillStore implements ObjectStore {
  readonly location = 'what is kept';
  readonly #objects: ReadonlyMap<string, Uint8Array>;

  constructor(objects: ReadonlyMap<string, Uint8Array>) {
    this.#objects = objects;
  }

  async put(): Promise<void> {
    throw new ObjectStoreError('denied', 'nothing is written here');
  }

  async get(key: string): Promise<Uint8Array> {
    const found = this.#objects.get(key);
    if (found === undefined) throw new ObjectStoreError('not-found', `there is no ${key}`);
    return found;
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array> {
    return (await this.get(key)).subarray(offset, offset + length);
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async remove(): Promise<void> {
    throw new ObjectStoreError('denied', 'nothing is removed here');
  }
}
