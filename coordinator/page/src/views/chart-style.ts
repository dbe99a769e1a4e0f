import type uPlot from 'uplot';
import { whole } from '../markup/format.ts';

/** The page's own colours and fonts by name, in the scheme that it is shown in now. */
export function pageColors(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

export function axisIn(color: (name: string) => string): uPlot.Axis {
  return {
    stroke: color('ink-soft'),
    font: `11px ${color('font')}`,
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
  };
}

/** Of an axis of iterations. */
export const ITERATIONS = {
  values: (_: uPlot, ticks: number[]) => ticks.map((tick) => (Number.isInteger(tick) ? whole(tick) : '')),
  space: 70,
  size: 28,
} satisfies uPlot.Axis;

export function tickText(tick: number): string {
  return Math.abs(tick) >= 10_000 ? tick.toExponential(0) : String(Number(tick.toPrecision(6)));
}
