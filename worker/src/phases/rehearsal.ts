import { sizeOf } from '@atelier/shared/layout/flat-layout';
import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import type { Model, ModelPhase, NoiseSpec } from '../model/define-model.ts';
import { initialParametersOf } from '../model/initial-parameters.ts';

/** A batch and noise to try a phase on, as PhaseRunInputs has them. */
export interface Rehearsal {
  readonly batch: Readonly<Record<string, Float32Array>>;
  readonly noise: Readonly<Record<string, Float32Array>>;
}

/**
 * Plausible inputs to try a phase on before it is trusted. A function of the model alone, so that every worker tries
 * the same and comes to the same judgement.
 */
export function rehearsalOf(model: Model, phase: ModelPhase, batchSize: number): Rehearsal {
  const imagesOf = (domain: string): Float32Array => {
    const { size = 0, channels = 0 } = model.domains[domain] ?? {};
    const values = uniform(keyOf('rehearsal', 'batch', domain), batchSize * size * size * channels);
    return values.map((value) => 2 * value - 1);
  };
  return {
    batch: Object.fromEntries(phase.reads.map((domain) => [domain, imagesOf(domain)])),
    noise: Object.fromEntries(
      Object.entries(phase.noiseOf(batchSize)).map(([name, spec]) => [name, drawn(name, spec)]),
    ),
  };
}

/** The parameters that go with it: flat initial values, by group. */
export function rehearsalParametersOf(model: Model): Readonly<Record<string, Float32Array>> {
  return Object.fromEntries(
    model.groups.map(({ name, tensors }) => [name, initialParametersOf({ groups: [{ name, tensors }] }, 0)]),
  );
}

function drawn(name: string, { shape, distribution }: NoiseSpec): Float32Array {
  const draw = distribution === 'normal' ? normal : uniform;
  return draw(keyOf('rehearsal', 'noise', name), sizeOf(shape));
}
