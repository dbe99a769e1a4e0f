import type { Model, ModelPhase } from './define-model.ts';
import { ModelError } from './model-error.ts';

/**
 * That groups, phases, domains and generator name each other rightly.
 * @throws ModelError inconsistent: all that is wrong, by name
 */
export function checkModel(model: Model, batchSize: number): void {
  const problems = [...groupProblems(model), ...phaseProblems(model, batchSize), ...domainProblems(model)];
  if (problems.length > 0) {
    throw new ModelError('inconsistent', `model '${model.name}' is not consistent: ${problems.join('; ')}`);
  }
}

function groupProblems({ groups }: Model): string[] {
  return [
    ...(groups.length === 0 ? ['it has no parameter group'] : []),
    ...repeatedOf(groups.map(({ name }) => name)).map((name) => `two groups are called '${name}'`),
    ...groups.flatMap(({ name, tensors, statistics = [] }) => [
      ...(tensors.length === 0 ? [`group '${name}' has no tensors`] : []),
      ...[tensors, statistics].flatMap((specs) =>
        repeatedOf(specs.map((spec) => spec.name)).map(
          (tensor) => `group '${name}' has two tensors '${tensor}'`,
        ),
      ),
      ...[...tensors, ...statistics]
        .filter(({ shape }) => !isShape(shape))
        .map((tensor) => `tensor '${tensor.name}' of group '${name}' has shape [${tensor.shape.join()}]`),
    ]),
  ];
}

function phaseProblems({ groups, phases, domains }: Model, batchSize: number): string[] {
  const groupNames = groups.map(({ name }) => name);
  const distinct = [...new Set(phases)];
  return [
    ...(phases.length === 0 ? ['it has no phase'] : []),
    ...repeatedOf(distinct.map(({ name }) => name)).map(
      (name) => `two different phases are called '${name}'`,
    ),
    ...distinct.flatMap((phase) => [
      ...unknownOf([phase.group, ...phase.uses], groupNames).map(
        (group) => `phase '${phase.name}' uses group '${group}', which is not defined`,
      ),
      ...unknownOf(phase.reads, Object.keys(domains)).map(
        (domain) => `phase '${phase.name}' reads domain '${domain}', which is not defined`,
      ),
      ...(phase.losses.length === 0 ? [`phase '${phase.name}' has no loss`] : []),
      ...repeatedOf(phase.losses).map((loss) => `phase '${phase.name}' has two losses '${loss}'`),
      ...noiseProblems(phase, batchSize),
    ]),
  ];
}

function noiseProblems(phase: ModelPhase, batchSize: number): string[] {
  return Object.entries(phase.noiseOf(batchSize))
    .filter(([, { shape }]) => !isShape(shape))
    .map(([name, { shape }]) => `noise '${name}' of phase '${phase.name}' has shape [${shape.join()}]`);
}

function domainProblems({ groups, phases, domains, generate }: Model): string[] {
  const asked = generate.kind === 'stylize' ? [generate.content, generate.style] : [];
  const read = [...phases.flatMap(({ reads }) => reads), ...asked];
  return [
    ...unknownOf(asked, Object.keys(domains)).map(
      (domain) => `generate needs domain '${domain}', which is not defined`,
    ),
    ...unknownOf(
      generate.uses,
      groups.map(({ name }) => name),
    ).map((group) => `generate uses group '${group}', which is not defined`),
    ...Object.keys(domains)
      .filter((domain) => !read.includes(domain))
      .map((domain) => `no phase reads domain '${domain}'`),
  ];
}

function isShape(shape: readonly number[]): boolean {
  return shape.every((dimension) => Number.isInteger(dimension) && dimension > 0);
}

function repeatedOf(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}

function unknownOf(names: readonly string[], known: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !known.includes(name));
}
