import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { GroupOptions } from './group-slice.ts';
import { TrainingStateError } from './training-state-error.ts';

/**
 * What the config wants of every group that the model has, in the definition's order.
 * @throws TrainingStateError 'bad-config' when config and model name different groups
 */
export function groupOptionsOf(
  { groups, phases }: RunDefinition,
  { optimizers, ema, wire }: RunConfig,
): ReadonlyMap<string, GroupOptions> {
  const known = groups.map(({ name }) => name);
  for (const [field, names] of Object.entries({
    optimizers: Object.keys(optimizers),
    ema: Object.keys(ema),
  })) {
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      const reason = `${field}.${unknown}: the model has no group of this name: use one of ${known.join(', ')}`;
      throw new TrainingStateError('bad-config', reason);
    }
  }
  return new Map(
    groups.map(({ name }) => {
      const optimizer = optimizers[name];
      if (optimizer === undefined) {
        const reason = `optimizers.${name} is missing: give an optimizer for this group of the model`;
        throw new TrainingStateError('bad-config', reason);
      }
      const updatesPerIteration = phases.filter(({ group }) => group === name).length;
      return [name, { optimizer, updatesPerIteration, emaDecay: ema[name], wire }];
    }),
  );
}
