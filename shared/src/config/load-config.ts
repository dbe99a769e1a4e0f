import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Document, isCollection, isNode, LineCounter, parseDocument } from 'yaml';
import type { core } from 'zod';
import { located } from '../datasets/dataset-kinds.ts';
import { hasCode } from '../errors/error-code.ts';
import { ConfigError } from './config-error.ts';
import { inWords, wantedBy } from './describe-issue.ts';
import { type RunConfig, runConfigSchema } from './run-config.ts';

/**
 * Reads a run's config. What needs the model (do the optimizers name its groups, the data its domains) is checked
 * where the model is known.
 * @throws ConfigError that names every wrong field with its line
 */
export async function loadConfig(path: string): Promise<RunConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = hasCode(error, 'ENOENT');
    throw missing
      ? new ConfigError(
          'not-found',
          `${path} does not exist: give the path of a config file, for example examples/demo.yaml`,
        )
      : new ConfigError('unreadable', `${path} cannot be read: ${String(error)}`, { cause: error });
  }
  return parseConfig(text, path);
}

/** @param path of the file, for messages and for the relative paths in it */
export function parseConfig(text: string, path: string): RunConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line } = lines.linePos(broken.pos[0]);
    throw new ConfigError('not-yaml', `${path}:${line}: ${broken.message}`, { cause: broken });
  }
  const input: unknown = document.toJS() ?? {};
  const parsed = runConfigSchema.safeParse(input);
  if (!parsed.success) {
    const messages = parsed.error.issues.flatMap((issue) => describe(issue, input, document, lines, path));
    throw new ConfigError('invalid', messages.join('\n'), { cause: parsed.error });
  }
  return withAbsolutePaths(parsed.data, dirname(resolve(path)));
}

function describe(
  issue: core.$ZodIssue,
  input: unknown,
  document: Document,
  lines: LineCounter,
  file: string,
): string[] {
  const places =
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return places.map((place) => {
    const line = lineOf(place, document, lines);
    const field = place.length === 0 ? 'the config' : place.map(String).join('.');
    return `${file}:${line}: ${field}: wanted ${wantedBy(issue)}, got ${inWords(valueAt(input, place))}`;
  });
}

/** Of the field, or of the nearest thing around it that is there. */
function lineOf(place: readonly PropertyKey[], document: Document, lines: LineCounter): number {
  for (let depth = place.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(place.slice(0, depth - 1), true);
    if (!isCollection(parent)) continue;
    for (const item of parent.items) {
      const key = isPair(item) && isNode(item.key) ? item.key : undefined;
      if (key?.range && String(key) === String(place[depth - 1])) return lines.linePos(key.range[0]).line;
    }
  }
  return 1;
}

function isPair(item: unknown): item is { readonly key: unknown } {
  return typeof item === 'object' && item !== null && 'key' in item;
}

function valueAt(input: unknown, place: readonly PropertyKey[]): unknown {
  return place.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

function withAbsolutePaths(config: RunConfig, folder: string): RunConfig {
  const absolute = (path: string): string => resolve(folder, path);
  const { module } = config.model;
  const data = Object.entries(config.data).map(
    ([domain, dataset]) => [domain, located(dataset, absolute)] as const,
  );
  return {
    ...config,
    model: module === undefined ? config.model : { ...config.model, module: absolute(module) },
    data: Object.fromEntries(data),
  };
}
