import { createRequire } from 'node:module';
import path from 'node:path';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { createJiti } from 'jiti';
import { z } from 'zod';
import { checkModel } from '../model/check-model.ts';
import type { Model, ModelFactory } from '../model/define-model.ts';
import { ModelError } from '../model/model-error.ts';
import { presets } from './registry.ts';

/**
 * The model that a config asks for: a preset, or the user's own TypeScript module. A user's module may import
 * `@atelier/worker/*`, `@tensorflow/tfjs-node-gpu` and `zod` wherever it lies.
 * @param context.batchSize examples of one virtual worker
 * @throws ModelError
 */
export async function loadModel(
  config: RunConfig['model'],
  context: { readonly batchSize: number },
): Promise<Model> {
  const factory =
    config.module === undefined ? presetOf(config.preset ?? '') : await importFactory(config.module);
  const options = factory.options.safeParse(config.options);
  if (!options.success) {
    throw new ModelError(
      'wrong-options',
      `options of model '${factory.name}':\n${z.prettifyError(options.error)}`,
    );
  }
  const model = factory.create(options.data, context);
  checkModel(model, context.batchSize);
  return model;
}

function presetOf(name: string): ModelFactory {
  const factory = presets.get(name);
  if (factory !== undefined) return factory;
  throw new ModelError(
    'unknown-preset',
    `model.preset: there is no preset '${name}': choose one of ${[...presets.keys()].join(', ')}`,
  );
}

const factorySchema = z.object({
  name: z.string().min(1),
  options: z.custom<ModelFactory['options']>(
    (value) => value instanceof Object && 'safeParse' in value,
    'a zod schema',
  ),
  create: z.custom<ModelFactory['create']>((value) => typeof value === 'function', 'a function'),
});

async function importFactory(file: string): Promise<ModelFactory> {
  const exported = await importDefault(file);
  const factory = factorySchema.safeParse(exported);
  if (factory.success) return factory.data;
  throw new ModelError(
    'not-a-model',
    `${file} must export default defineModel({ name, options, create }):\n${z.prettifyError(factory.error)}`,
  );
}

async function importDefault(file: string): Promise<unknown> {
  const require = createRequire(import.meta.url);
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    alias: {
      '@atelier/worker': path.dirname(import.meta.dirname),
      '@tensorflow/tfjs-node-gpu': require.resolve('@tensorflow/tfjs-node-gpu'),
      zod: require.resolve('zod'),
    },
  });
  try {
    return await jiti.import(path.resolve(file), { default: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError('not-loadable', `model module ${file}: ${reason}`, { cause: error });
  }
}
