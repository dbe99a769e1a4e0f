import { type FlatLayout, flatLayoutOf } from '../layout/flat-layout.ts';
import type { GroupState } from '../layout/group-state.ts';
import type { GroupDefinition } from '../layout/run-definition.ts';
import { CheckpointError } from './checkpoint-error.ts';
import type { NamedTensor } from './safetensors.ts';

const SLOT_PREFIX = 'optimizer/';

/**
 * A group's state as named tensors: `parameters/<tensor>`, `ema/<tensor>`, `optimizer/<slot>/<tensor>`,
 * `statistics/<tensor>`, and with `wire: bf16` `published/<tensor>`. Views, not copies.
 */
export function groupTensorsOf(definition: GroupDefinition, state: GroupState): NamedTensor[] {
  const layout = flatLayoutOf(definition.tensors);
  const tensors = tensorsOf('parameters', layout, state.parameters);
  if (state.ema) tensors.push(...tensorsOf('ema', layout, state.ema));
  if (state.published) tensors.push(...tensorsOf('published', layout, state.published));
  for (const [slot, values] of Object.entries(state.slots)) {
    tensors.push(...tensorsOf(`${SLOT_PREFIX}${slot}`, layout, values));
  }
  tensors.push(...tensorsOf('statistics', flatLayoutOf(definition.statistics), state.statistics));
  return tensors;
}

/**
 * The state back from its tensors: each exactly once, each of its layout's shape.
 * @throws CheckpointError 'bad-tensors'
 */
export function groupStateOf(
  definition: GroupDefinition,
  version: number,
  tensors: readonly NamedTensor[],
): GroupState {
  const layout = flatLayoutOf(definition.tensors);
  const unread = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const take = (prefix: string, wanted: FlatLayout): Float32Array => {
    const flat = new Float32Array(wanted.size);
    for (const { name, shape, offset } of wanted.tensors) {
      const tensor = unread.get(`${prefix}/${name}`);
      if (tensor === undefined)
        throw new CheckpointError('bad-tensors', `tensor '${prefix}/${name}' is missing`);
      if (tensor.shape.join() !== shape.join()) {
        const found = `[${tensor.shape.join(', ')}], the model has [${shape.join(', ')}]`;
        throw new CheckpointError('bad-tensors', `tensor '${prefix}/${name}' has the shape ${found}`);
      }
      flat.set(tensor.values, offset);
      unread.delete(tensor.name);
    }
    return flat;
  };
  const names = [...unread.keys()];
  const slots = new Set(
    names
      .filter((name) => name.startsWith(SLOT_PREFIX))
      .map((name) => name.slice(SLOT_PREFIX.length).split('/')[0] ?? ''),
  );
  const state: GroupState = {
    version,
    parameters: take('parameters', layout),
    ema: names.some((name) => name.startsWith('ema/')) ? take('ema', layout) : undefined,
    ...(names.some((name) => name.startsWith('published/')) ? { published: take('published', layout) } : {}),
    slots: Object.fromEntries([...slots].map((slot) => [slot, take(`${SLOT_PREFIX}${slot}`, layout)])),
    statistics: take('statistics', flatLayoutOf(definition.statistics)),
  };
  const [stranger] = unread.keys();
  if (stranger !== undefined)
    throw new CheckpointError('bad-tensors', `the model has no tensor '${stranger}'`);
  return state;
}

function tensorsOf(prefix: string, layout: FlatLayout, values: Float32Array): NamedTensor[] {
  return layout.tensors.map(({ name, shape, offset, size }) => ({
    name: `${prefix}/${name}`,
    shape,
    values: values.subarray(offset, offset + size),
  }));
}
