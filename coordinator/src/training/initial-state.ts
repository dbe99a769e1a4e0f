import type { RunConfig } from '@atelier/shared/config/run-config';
import type { GroupState, RunSnapshot } from '@atelier/shared/layout/group-state';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { parameterWireOf } from '@atelier/shared/wire/parameter-wire';
import { createOptimizer } from '../optimizer/create-optimizer.ts';
import { groupOptionsOf } from './group-options.ts';
import { parseInitialValues } from './parse-initial-values.ts';
import { TrainingStateError } from './training-state-error.ts';

/**
 * The state before step 0, from little-endian float32 in the order of `initialLayoutOf`. Arrays may be shared.
 * @throws TrainingStateError 'bad-config' | 'wrong-length' | 'non-finite'
 */
export function initialStateOf(definition: RunDefinition, config: RunConfig, bytes: Uint8Array): RunSnapshot {
  const options = groupOptionsOf(definition, config);
  const groups: Record<string, GroupState> = {};
  for (const [name, { parameters, statistics }] of parseInitialValues(definition, bytes)) {
    const wanted = options.get(name);
    if (wanted === undefined) throw new TrainingStateError('unknown-group', `no options of '${name}'`);
    const { optimizer, updatesPerIteration, emaDecay, wire } = wanted;
    const { slots } = createOptimizer(optimizer, updatesPerIteration);
    const zeros = new Float32Array(parameters.length);
    groups[name] = {
      version: 0,
      parameters,
      slots: Object.fromEntries(slots.map((slot) => [slot, zeros])),
      ema: emaDecay === undefined ? undefined : parameters,
      statistics,
      ...(parameterWireOf(wire) === undefined ? {} : { published: parameters }),
    };
  }
  return { step: 0, groups };
}
