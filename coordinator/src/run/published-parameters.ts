import { checksumOf } from '@atelier/proto/frames';

export interface PublishedBytes {
  readonly version: number;
  readonly bytes: Uint8Array;
  readonly crc32: number;
}

/**
 * The bytes that pulls send. A commit may happen in the middle of a slow pull, and its stream must go on with the
 * version it began with: so the first pull of a version takes a copy, every pull of that version shares it (and
 * its checksum), and it is freed with the last stream once a newer version has taken its place.
 */
export class PublishedParameters {
  readonly #byName = new Map<string, PublishedBytes>();

  /**
   * @param name of the group, or of the difference to its last version
   * @param read gives the live bytes, which are copied before this returns
   */
  of(name: string, version: number, read: () => Uint8Array): PublishedBytes {
    const known = this.#byName.get(name);
    if (known?.version === version) return known;
    const published = publish(version, read());
    this.#byName.set(name, published);
    return published;
  }
}

export function publish(version: number, live: Uint8Array): PublishedBytes {
  const bytes = live.slice();
  return { version, bytes, crc32: checksumOf(bytes) };
}
