import type { RunConfig } from '@atelier/shared/config/run-config';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { GroupBuffers } from './group-buffers.ts';
import { TrainingStateError } from './training-state-error.ts';

/**
 * The buffers of every group that the model has, as the config wants them, in the definition's order.
 * @throws TrainingStateError 'bad-config' when config and model name different groups
 */
export function createGroups(
  kernels: Kernels,
  { groups, phases }: RunDefinition,
  { optimizers, ema, statisticsMomentum, wire }: RunConfig,
): ReadonlyMap<string, GroupBuffers> {
  const known = groups.map(({ name }) => name);
  for (const [field, names] of Object.entries({
    optimizers: Object.keys(optimizers),
    ema: Object.keys(ema),
  })) {
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      const reason = `${field}.${unknown}: the model has no such group, only ${known.join(', ')}`;
      throw new TrainingStateError('bad-config', reason);
    }
  }
  return new Map(
    groups.map((group) => {
      const optimizer = optimizers[group.name];
      if (optimizer === undefined) {
        const reason = `optimizers.${group.name}: the model has this group, name its optimizer`;
        throw new TrainingStateError('bad-config', reason);
      }
      const options = {
        optimizer,
        updatesPerIteration: phases.filter((phase) => phase.group === group.name).length,
        emaDecay: ema[group.name],
        statisticsMomentum,
        wire,
      };
      return [group.name, new GroupBuffers(kernels, group, options)];
    }),
  );
}
