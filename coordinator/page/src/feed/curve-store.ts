import type { CurvePoint } from '@atelier/coordinator/http/curves/curve';
import type { CurvePoints } from '@atelier/coordinator/http/curves/run-curves';

export interface Curves {
  /** Of each point: the middle of its iterations. */
  readonly iterations: readonly number[];
  readonly byName: ReadonlyMap<string, readonly CurvePoint[]>;
}

/** Curves that grow by what the coordinator tells of them. */
export class CurveStore {
  #kept: CurvePoints | undefined;

  get cursor(): string | undefined {
    return this.#kept?.cursor;
  }

  take(told: CurvePoints): void {
    const kept = this.#kept;
    if (kept === undefined || told.isWhole) {
      this.#kept = told;
      return;
    }
    const from = told.firstPoint;
    const grown = (before: readonly CurvePoint[], more: readonly CurvePoint[]) => [
      ...Array.from({ length: from }, (_, i) => before[i] ?? null),
      ...more,
    ];
    const allGrown = (
      before: Readonly<Record<string, readonly CurvePoint[]>>,
      more: Readonly<Record<string, readonly CurvePoint[]>>,
    ) =>
      Object.fromEntries(
        Object.entries(more).map(([name, points]) => [name, grown(before[name] ?? [], points)]),
      );
    this.#kept = {
      ...told,
      firstPoint: 0,
      numPoints: from + told.numPoints,
      losses: allGrown(kept.losses, told.losses),
      gradientNorms: allGrown(kept.gradientNorms, told.gradientNorms),
      imagesPerSecond: grown(kept.imagesPerSecond, told.imagesPerSecond),
    };
  }

  get losses(): Curves {
    return this.#curves(this.#kept?.losses ?? {});
  }

  get gradientNorms(): Curves {
    return this.#curves(this.#kept?.gradientNorms ?? {});
  }

  get imagesPerSecond(): Curves {
    return this.#curves({ 'images/s': this.#kept?.imagesPerSecond ?? [] });
  }

  #curves(byName: Readonly<Record<string, readonly CurvePoint[]>>): Curves {
    const { numPoints = 0, iterationsPerPoint: width = 1 } = this.#kept ?? {};
    const iterations = Array.from({ length: numPoints }, (_, point) => (point + 0.5) * width - 0.5);
    return { iterations, byName: new Map(Object.entries(byName)) };
  }
}
