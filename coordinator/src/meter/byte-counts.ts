import { type Transport, transports } from '@atelier/shared/memory/transport';

export type ByteCount<Kind extends string> = readonly [
  of: readonly [kind: Kind, transport: Transport],
  numBytes: number,
];

/** Payload by its kind and the way it took. All are there before they count: a first count is no increase to Prometheus. */
export class ByteCounts<Kind extends string> implements Iterable<ByteCount<Kind>> {
  readonly #counts: Map<Kind, Record<Transport, number>>;

  constructor(kinds: readonly Kind[]) {
    this.#counts = new Map(kinds.map((kind) => [kind, { memory: 0, grpc: 0 }]));
  }

  add(kind: Kind, transport: Transport, numBytes: number): void {
    const counts = this.#counts.get(kind);
    if (counts !== undefined) counts[transport] += numBytes;
  }

  *[Symbol.iterator](): Iterator<ByteCount<Kind>> {
    for (const [kind, counts] of this.#counts)
      for (const transport of transports) yield [[kind, transport], counts[transport]];
  }
}
