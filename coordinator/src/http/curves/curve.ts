/** A mean over the iterations of a point, or a rate; null where there is nothing. */
export type CurvePoint = number | null;

interface Ratio {
  dividend: number;
  divisor: number;
}

const SIGNIFICANT_DIGITS = 6;

/**
 * One value over a run, in points of equal width: halving their number merges two into one, exactly, because what is
 * kept of a mean is its sum and count, and of a rate its amount and time.
 */
export class Curve {
  #ratios: Ratio[] = [];

  add(point: number, dividend: number, divisor: number): void {
    while (this.#ratios.length <= point) this.#ratios.push({ dividend: 0, divisor: 0 });
    const ratio = this.#ratios[point];
    if (ratio === undefined) throw new RangeError(`the curve has no point ${point}`);
    ratio.dividend += dividend;
    ratio.divisor += divisor;
  }

  halve(): void {
    const whole = this.#ratios;
    this.#ratios = [];
    for (const [point, { dividend, divisor }] of whole.entries()) this.add(point >> 1, dividend, divisor);
  }

  /** What came from this point on is void. */
  cut(point: number): void {
    this.#ratios.length = Math.min(this.#ratios.length, point);
  }

  /** The points [from, to). */
  points(from: number, to: number): CurvePoint[] {
    return Array.from({ length: to - from }, (_, i) => {
      const { dividend, divisor } = this.#ratios[from + i] ?? { dividend: 0, divisor: 0 };
      return divisor > 0 ? Number((dividend / divisor).toPrecision(SIGNIFICANT_DIGITS)) : null;
    });
  }
}
