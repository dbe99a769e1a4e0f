import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * What the coordinator knows of a model: tensors, groups and phases, never networks. The first worker sends it;
 * every later worker must bring the same (its hash travels with each push).
 */
const tensorShape = z.strictObject({
  name: z.string().min(1),
  shape: z.array(z.number().int().positive()),
});

const groupDefinition = z.strictObject({
  name: z.string().min(1),
  tensors: z.array(tensorShape).min(1),
  /** Running statistics of the group (batch norm): averaged at each commit, never differentiated. */
  statistics: z.array(tensorShape),
});

const phaseDefinition = z.strictObject({
  name: z.string().min(1),
  group: z.string().min(1),
  /** Domains whose next examples this phase consumes. */
  reads: z.array(z.string().min(1)),
  /** Names of the reported scalars; the first is the loss that is differentiated. */
  losses: z.array(z.string().min(1)).min(1),
});

const domainDefinition = z.strictObject({
  name: z.string().min(1),
  numExamples: z.number().int().positive(),
  /** SHA-256 that identifies the data set's content, so that two workers never read different data. */
  digest: z.string().min(1),
});

export const runDefinitionSchema: z.ZodType<RunDefinition> = z
  .strictObject({
    model: z.string().min(1),
    groups: z.array(groupDefinition).min(1),
    phases: z.array(phaseDefinition).min(1),
    domains: z.array(domainDefinition),
  })
  .superRefine((definition, context) => {
    const groups = new Set(definition.groups.map((group) => group.name));
    const domains = new Set(definition.domains.map((domain) => domain.name));
    for (const phase of definition.phases) {
      if (!groups.has(phase.group)) {
        context.addIssue(`phase '${phase.name}' updates group '${phase.group}', which is not defined`);
      }
      for (const domain of phase.reads) {
        if (!domains.has(domain)) {
          context.addIssue(`phase '${phase.name}' reads domain '${domain}', which is not defined`);
        }
      }
    }
  });

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}
export interface GroupDefinition {
  readonly name: string;
  readonly tensors: readonly TensorShape[];
  readonly statistics: readonly TensorShape[];
}
export interface PhaseDefinition {
  readonly name: string;
  readonly group: string;
  readonly reads: readonly string[];
  readonly losses: readonly string[];
}
export interface DomainDefinition {
  readonly name: string;
  readonly numExamples: number;
  readonly digest: string;
}
export interface RunDefinition {
  readonly model: string;
  readonly groups: readonly GroupDefinition[];
  readonly phases: readonly PhaseDefinition[];
  readonly domains: readonly DomainDefinition[];
}

/** SHA-256 (hex) of the definition's canonical JSON: the layout hash. Key order follows the schema. */
export function layoutHashOf(definition: RunDefinition): string {
  const canonical = runDefinitionSchema.parse(definition);
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
