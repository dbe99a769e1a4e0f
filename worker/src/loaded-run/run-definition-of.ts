import { type RunDefinition, runDefinitionSchema } from '@atelier/shared/layout/run-definition';
import type { Dataset } from '../data/dataset.ts';
import type { ModelDescription } from '../model/model-description.ts';

/**
 * What the coordinator is told of a model and its data. Equal on two workers exactly when they load the same
 * tensors, phases and examples.
 * @param datasets one for each of the model's domains
 * @throws ZodError when the model contradicts itself, e.g. a phase updates a group that is not there
 */
export function runDefinitionOf(
  model: ModelDescription,
  datasets: ReadonlyMap<string, Pick<Dataset, 'numExamples' | 'digest'>>,
): RunDefinition {
  return runDefinitionSchema.parse({
    model: model.name,
    groups: model.groups,
    phases: model.phases,
    domains: Array.from(datasets, ([name, { numExamples, digest }]) => ({ name, numExamples, digest })),
  });
}
