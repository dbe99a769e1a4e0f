import { MemoryError } from '@atelier/shared/memory/memory-error';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Training } from '../training/training.ts';
import { EncodedBytes, type PublishedBytes, SharedBytes } from './published-bytes.ts';

export interface PublishedVersion {
  /** Of the group, or of the difference to its last version. */
  readonly name: string;
  readonly version: number;
  /** The live bytes, which are copied before `of` returns. */
  readonly read: () => Uint8Array;
  /** Whether the puller can read this process' memory. */
  readonly byMemory: boolean;
}

export interface WantedForm {
  readonly group: string;
  /** Whether a difference from the version before will do. */
  readonly hasPrevious: boolean;
  readonly byMemory: boolean;
}

/** A group's newest version, whole or as the difference to the one before. */
export function publish(
  published: PublishedParameters,
  training: Pick<Training, 'versionOf' | 'publishedOf'>,
  { group, hasPrevious, byMemory }: WantedForm,
): { readonly kind: 'parameters' | 'difference'; readonly bytes: PublishedBytes } {
  const { isDifference, bytes: live } = training.publishedOf(group, hasPrevious);
  const kind = isDifference ? 'difference' : 'parameters';
  const version = training.versionOf(group);
  const name = `${kind} of ${group}`;
  return { kind, bytes: published.of({ name, version, read: () => live, byMemory }) };
}

/**
 * What pulls send. A commit may happen in the middle of a slow pull, and its stream must go on with the version it began
 * with: so the first pull of a version takes a copy, and every pull of that version shares it (and its checksum). The
 * memory of a version that nobody reads any more is that of the next: fresh pages cost more than the copy. There is a copy
 * for pulls by gRPC and one for pulls by memory, each only where somebody pulls so.
 */
export class PublishedParameters {
  readonly #memory: SharedMemory | undefined;
  readonly #encoded = new Map<string, EncodedBytes>();
  readonly #shared = new Map<string, SharedBytes>();

  /** @param memory where pulls by memory are answered; without it they are answered by gRPC */
  constructor(memory?: SharedMemory) {
    this.#memory = memory;
  }

  of(wanted: PublishedVersion): PublishedBytes {
    return (wanted.byMemory ? this.#sharedOf(wanted) : undefined) ?? this.#encodedOf(wanted);
  }

  /** Nobody pulls any more. */
  close(): void {
    for (const bytes of this.#shared.values()) bytes.close();
    this.#shared.clear();
  }

  #encodedOf({ name, version, read }: PublishedVersion): EncodedBytes {
    const known = this.#encoded.get(name);
    if (known?.version === version) return known;
    const published = new EncodedBytes(version, read(), known);
    this.#encoded.set(name, published);
    return published;
  }

  #sharedOf({ name, version, read }: PublishedVersion): SharedBytes | undefined {
    if (this.#memory === undefined || this.#memory.id === '') return undefined;
    const known = this.#shared.get(name);
    if (known?.version === version) return known;
    try {
      const published = new SharedBytes(version, read(), known);
      this.#shared.set(name, published);
      return published;
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      this.#memory.turnOff(error.message);
      this.close();
      return undefined;
    }
  }
}
