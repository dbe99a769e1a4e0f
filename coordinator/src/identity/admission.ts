import type { Hello } from '@atelier/proto/generated/atelier/v1/Hello';
import type { Ready } from '@atelier/proto/generated/atelier/v1/Ready';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import {
  type EngineFingerprint,
  engineFingerprintSchema,
  fingerprintDifferences,
} from '@atelier/shared/engine-fingerprint';
import { layoutHashOf, type RunDefinition, runDefinitionSchema } from '@atelier/shared/layout/run-definition';
import { z } from 'zod';
import { RefusedError } from '../refusals/refused-error.ts';

/** What a worker has brought, read and found well-formed. */
export interface Credentials {
  readonly fingerprint: EngineFingerprint;
  readonly definition: RunDefinition;
}

/** @throws RefusedError */
export function checkHello(hello: Hello): void {
  if (hello.protocolVersion !== PROTOCOL_VERSION) {
    throw new RefusedError(
      'protocol-version',
      `protocol_version: got ${hello.protocolVersion}, wanted ${PROTOCOL_VERSION}: install the same release of Atelier for workers and coordinator`,
    );
  }
  if (hello.workerId === '' || hello.name === '') {
    throw new RefusedError('bad-message', 'hello: worker_id and name must not be empty');
  }
}

/** @throws RefusedError */
export function readCredentials(ready: Ready): Credentials {
  return {
    fingerprint: readJson('fingerprint_json', ready.fingerprintJson, engineFingerprintSchema),
    definition: readJson('definition_json', ready.definitionJson, runDefinitionSchema),
  };
}

/**
 * Whether a worker may take part in a run that the first worker (or an earlier life) has set.
 * With another engine the same example gives other bits; with another definition it is another run.
 * @throws RefusedError naming what the run has and what the worker has
 */
export function checkCredentials(
  run: Credentials,
  worker: Credentials,
  exactness: 'exact' | 'relaxed',
): void {
  const differences = fingerprintDifferences(run.fingerprint, worker.fingerprint);
  if (exactness === 'exact' && differences.length > 0) {
    throw new RefusedError(
      'fingerprint',
      `this worker would compute other bits than the run (${differences.join('; ')}): ` +
        `use the same TensorFlow, processor type and thread count, or set exactness: relaxed in the config of the run`,
    );
  }
  const wanted = layoutHashOf(run.definition);
  const got = layoutHashOf(worker.definition);
  if (got !== wanted) {
    throw new RefusedError(
      'definition',
      `definition hash: got ${got}, wanted ${wanted} (${definitionDifference(run.definition, worker.definition)}): ` +
        'give the worker the same model and data sets as the run',
    );
  }
}

/** The first part that differs, as a person would look for it: the data, else groups, phases or model. */
function definitionDifference(run: RunDefinition, worker: RunDefinition): string {
  for (const domain of run.domains) {
    const other = worker.domains.find(({ name }) => name === domain.name);
    if (other !== undefined && other.digest !== domain.digest) {
      return (
        `domain '${domain.name}': the run has ${domain.numExamples} examples with digest ${domain.digest}, ` +
        `this worker ${other.numExamples} with ${other.digest}`
      );
    }
  }
  const part = (['model', 'domains', 'groups', 'phases'] as const).find(
    (key) => JSON.stringify(run[key]) !== JSON.stringify(worker[key]),
  );
  return `${part ?? 'definition'} differs`;
}

function readJson<T>(field: string, json: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new RefusedError('bad-message', `${field}: ${reason}`, { cause: error });
  }
}
