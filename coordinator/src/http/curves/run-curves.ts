import type { CommittedEntry, JournalEntry } from '@atelier/shared/journal/journal-entry';
import { Curve, type CurvePoint } from './curve.ts';

const MOST_POINTS = 1_000;

/** Curves over iterations, for a page that draws them. */
export interface CurvePoints {
  /** Given back with the next question, it asks only for what has changed since. */
  readonly cursor: string;
  /** Whether the points replace all that were given before, instead of those from `firstPoint` on. */
  readonly isWhole: boolean;
  readonly firstPoint: number;
  readonly numPoints: number;
  /** Point p covers the iterations [p, p + 1) * iterationsPerPoint. */
  readonly iterationsPerPoint: number;
  /** Of "phase/loss". */
  readonly losses: Readonly<Record<string, readonly CurvePoint[]>>;
  /** L2 norm of the mean gradient of each group. */
  readonly gradientNorms: Readonly<Record<string, readonly CurvePoint[]>>;
  readonly imagesPerSecond: readonly CurvePoint[];
}

/** The curves of a run, made of its journal: at most a thousand points each, however long it is. */
export class RunCurves {
  readonly #imagesPerStep: number;
  readonly #losses = new Map<string, Curve>();
  readonly #gradientNorms = new Map<string, Curve>();
  readonly #imagesPerSecond = new Curve();
  #iterationsPerPoint = 1;
  #numPoints = 0;
  #nextStep = 0;
  /** 0 while unknown. */
  #numPhases = 0;
  /** Goes up whenever points that were given are no longer true. */
  #version = 0;

  constructor(options: { readonly imagesPerStep: number }) {
    this.#imagesPerStep = options.imagesPerStep;
  }

  /** Takes the journal's entries in their order. */
  add(entry: JournalEntry): void {
    if (entry.kind === 'committed') this.#committed(entry);
    if (entry.kind === 'restarted' && entry.fromStep < this.#nextStep) this.#cut(entry.fromStep);
  }

  /** @param cursor of an earlier answer */
  since(cursor: string | undefined): CurvePoints {
    const base = `${this.#version}-${this.#iterationsPerPoint}-`;
    const known = cursor?.startsWith(base) ? Number(cursor.slice(base.length)) : 0;
    // The last point that was given may have had only a part of its iterations.
    const from = known > 0 && known <= this.#numPoints ? known - 1 : 0;
    const points = (curve: Curve) => curve.points(from, this.#numPoints);
    const named = (curves: ReadonlyMap<string, Curve>) =>
      Object.fromEntries([...curves].map(([name, curve]) => [name, points(curve)]));
    return {
      cursor: `${base}${this.#numPoints}`,
      isWhole: from === 0,
      firstPoint: from,
      numPoints: this.#numPoints - from,
      iterationsPerPoint: this.#iterationsPerPoint,
      losses: named(this.#losses),
      gradientNorms: named(this.#gradientNorms),
      imagesPerSecond: points(this.#imagesPerSecond),
    };
  }

  #committed({ step, iteration, phase, group, losses, gradientNorm, seconds }: CommittedEntry): void {
    this.#nextStep = step + 1;
    if (iteration === 1 && this.#numPhases === 0) this.#numPhases = step;
    while (iteration >= MOST_POINTS * this.#iterationsPerPoint) this.#widen();
    const point = Math.floor(iteration / this.#iterationsPerPoint);
    this.#numPoints = Math.max(this.#numPoints, point + 1);
    for (const [name, value] of Object.entries(losses)) {
      curveOf(this.#losses, `${phase}/${name}`).add(point, value, 1);
    }
    curveOf(this.#gradientNorms, group).add(point, gradientNorm, 1);
    this.#imagesPerSecond.add(point, this.#imagesPerStep, seconds);
  }

  #widen(): void {
    this.#iterationsPerPoint *= 2;
    this.#numPoints = Math.ceil(this.#numPoints / 2);
    for (const curve of this.#all()) curve.halve();
  }

  /** The steps from this one on are computed again: the point that holds it begins anew. */
  #cut(step: number): void {
    const iteration = this.#numPhases === 0 ? 0 : Math.floor(step / this.#numPhases);
    this.#numPoints = Math.min(this.#numPoints, Math.floor(iteration / this.#iterationsPerPoint));
    this.#nextStep = step;
    this.#version += 1;
    for (const curve of this.#all()) curve.cut(this.#numPoints);
  }

  #all(): Curve[] {
    return [...this.#losses.values(), ...this.#gradientNorms.values(), this.#imagesPerSecond];
  }
}

function curveOf(curves: Map<string, Curve>, name: string): Curve {
  const known = curves.get(name);
  if (known !== undefined) return known;
  const curve = new Curve();
  curves.set(name, curve);
  return curve;
}
