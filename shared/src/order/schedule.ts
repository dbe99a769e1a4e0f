import type { PhaseDefinition } from '../layout/run-definition.ts';

/** A GAN iteration is a fixed list of phases; each phase is one step. Steps and iterations count from 0. */
export function phaseIndexOf(step: number, numPhases: number): number {
  return step % numPhases;
}

export function iterationOf(step: number, numPhases: number): number {
  return Math.floor(step / numPhases);
}

/**
 * How many steps before `step` read `domain`: the data cursor in units of global batches, in closed form, so that
 * nothing but the step number need be kept to know where every stream stands.
 */
export function numReadsBefore(step: number, domain: string, phases: readonly PhaseDefinition[]): number {
  const reads = phases.map((phase) => phase.reads.includes(domain));
  const perIteration = reads.filter(Boolean).length;
  const inThis = reads.slice(0, phaseIndexOf(step, phases.length)).filter(Boolean).length;
  return iterationOf(step, phases.length) * perIteration + inThis;
}

/** How many steps before `step` update `group`: the version of its parameters. */
export function numUpdatesBefore(step: number, group: string, phases: readonly PhaseDefinition[]): number {
  const updates = phases.map((phase) => phase.group === group);
  const perIteration = updates.filter(Boolean).length;
  const inThis = updates.slice(0, phaseIndexOf(step, phases.length)).filter(Boolean).length;
  return iterationOf(step, phases.length) * perIteration + inThis;
}
