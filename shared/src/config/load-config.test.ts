import { describe, expect, it } from 'vitest';
import { DATASET_KINDS } from '../datasets/dataset-kinds.ts';
import { loadConfig, parseConfig } from './load-config.ts';

const GOOD = `name: demo
iterations: 10
model: { preset: adain-32 }
data:
  content: { kind: mnist }
  style:
    kind: folder
    path: pictures
optimizers:
  generator: { kind: adam, learningRate: 2e-4 }
`;

const changed = (from: string, to: string): string => GOOD.replace(from, to);

describe('a config', () => {
  it('gets its defaults, and paths that no longer depend on where it is read', () => {
    const config = parseConfig(GOOD, '/somewhere/demo.yaml');
    expect(config.virtualWorkers).toBe(4);
    expect(config.data['style']).toEqual({ kind: 'folder', path: '/somewhere/pictures', crops: 1 });
    expect(config.data['content']).toEqual({ kind: 'mnist', split: 'train' });
  });

  it('is the same when it is read again from its own JSON', () => {
    const config = parseConfig(GOOD, '/somewhere/demo.yaml');
    expect(parseConfig(JSON.stringify(config), '/elsewhere/config.json')).toEqual(config);
  });

  it.each([
    [
      'a word for a number',
      changed('iterations: 10', 'iterations: ten'),
      'demo.yaml:2: iterations: wanted a number, got "ten"',
    ],
    [
      'a fraction',
      changed('iterations: 10', 'iterations: 1.5'),
      'demo.yaml:2: iterations: wanted a whole number, got 1.5',
    ],
    [
      'none',
      changed('iterations: 10', 'iterations: 0'),
      'demo.yaml:2: iterations: wanted more than 0, got 0',
    ],
    [
      'a missing field',
      changed('iterations: 10\n', ''),
      'demo.yaml:1: iterations: wanted a number, got nothing',
    ],
    [
      'an unknown field',
      changed('iterations:', 'colour: red\niterations:'),
      'demo.yaml:2: colour: wanted no field of this name, got "red"',
    ],
    [
      'an unknown field inside',
      changed('learningRate', 'learnRate: 1, learningRate'),
      'demo.yaml:10: optimizers.generator.learnRate: wanted no field of this name, got 1',
    ],
    [
      'a negative rate',
      changed('2e-4', '-1'),
      'demo.yaml:10: optimizers.generator.learningRate: wanted more than 0, got -1',
    ],
    [
      'an unknown optimizer',
      changed('adam', 'lion'),
      'demo.yaml:10: optimizers.generator.kind: wanted one of adam, adamw, lamb, sgd, rmsprop, got "lion"',
    ],
    [
      'an unknown data set',
      changed('mnist', 'imagenet'),
      `demo.yaml:5: data.content.kind: wanted one of ${DATASET_KINDS.map(({ name }) => name).join(', ')}, got "imagenet"`,
    ],
    [
      'a split that is none',
      changed('mnist', 'mnist, split: all'),
      'demo.yaml:5: data.content.split: wanted one of train, test, got "all"',
    ],
    [
      'three virtual workers',
      `${GOOD}virtualWorkers: 3\n`,
      'demo.yaml:11: virtualWorkers: wanted a power of two, got 3',
    ],
    [
      'a name with capitals',
      changed('name: demo', 'name: Demo'),
      'demo.yaml:1: name: wanted lower-case letters, digits and hyphens, got "Demo"',
    ],
    [
      'two models',
      changed('adain-32', 'adain-32, module: mine.ts'),
      'demo.yaml:3: model: wanted either preset or module',
    ],
    ['a list', '- iterations\n', 'demo.yaml:1: the config: wanted a map of fields'],
    ['an empty file', '', 'demo.yaml:1: iterations: wanted a number, got nothing'],
    ['broken YAML', changed('{ kind: mnist }', '{ kind: mnist'), 'demo.yaml:6:'],
    ['a field given twice', `${GOOD}iterations: 20\n`, 'demo.yaml:11: Map keys must be unique'],
  ])('with %s is refused, by file, line, field, what was wanted and what is there', (_, text, message) => {
    expect(() => parseConfig(text, 'demo.yaml')).toThrow(message);
  });

  it('names every wrong field at once', () => {
    const text = changed('iterations: 10', 'iterations: ten').replace('2e-4', 'fast');
    expect(() => parseConfig(text, 'demo.yaml')).toThrow(/demo.yaml:2: .*\ndemo.yaml:10: /);
  });

  it('that is not there is missed by its path', async () => {
    await expect(loadConfig('/no/such.yaml')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('/no/such.yaml'),
    });
  });
});
