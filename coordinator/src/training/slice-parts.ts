import type { SliceState } from '@atelier/shared/layout/group-state';
import type { Slice } from '@atelier/shared/layout/slices';

/** Optimizer slots are named with it. */
const SLOT = 'optimizer/';

/** One flat buffer of a group's slice. */
export interface SlicePart {
  readonly group: string;
  /** parameters | ema | published | optimizer/<slot> */
  readonly kind: string;
  readonly values: Float32Array;
}

/** The states of groups as parts, which are views. */
export function partsOf(states: ReadonlyMap<string, SliceState>): SlicePart[] {
  return [...states].flatMap(([group, { parameters, ema, published, slots }]) => [
    { group, kind: 'parameters', values: parameters },
    ...(ema === undefined ? [] : [{ group, kind: 'ema', values: ema }]),
    ...(published === undefined ? [] : [{ group, kind: 'published', values: published }]),
    ...Object.entries(slots).map(([slot, values]) => ({ group, kind: `${SLOT}${slot}`, values })),
  ]);
}

/** The states back from their parts. */
export function statesOf(parts: readonly SlicePart[]): ReadonlyMap<string, SliceState> {
  const groups = new Set(parts.map(({ group }) => group));
  return new Map(
    [...groups].map((name) => {
      const own = parts.filter(({ group }) => group === name);
      const find = (wanted: string) => own.find(({ kind }) => kind === wanted)?.values;
      const slots = own
        .filter(({ kind }) => kind.startsWith(SLOT))
        .map(({ kind, values }) => [kind.slice(SLOT.length), values] as const);
      const state: SliceState = {
        parameters: find('parameters') ?? new Float32Array(),
        ema: find('ema'),
        ...(find('published') ? { published: find('published') } : {}),
        slots: Object.fromEntries(slots),
      };
      return [name, state];
    }),
  );
}

/** The part of a state that lies in a slice: views. */
export function sliceOf(state: SliceState, { offset, size }: Slice): SliceState {
  const cut = (values: Float32Array): Float32Array => values.subarray(offset, offset + size);
  return {
    parameters: cut(state.parameters),
    ema: state.ema && cut(state.ema),
    ...(state.published ? { published: cut(state.published) } : {}),
    slots: Object.fromEntries(Object.entries(state.slots).map(([slot, values]) => [slot, cut(values)])),
  };
}

/** The slices' parts put together, reducer after reducer. */
export function joinParts(slices: readonly (readonly SlicePart[])[]): SlicePart[] {
  const [first = []] = slices;
  return first.map(({ group, kind }) => {
    const pieces = slices.map(
      (parts) =>
        parts.find((part) => part.group === group && part.kind === kind)?.values ?? new Float32Array(),
    );
    const values = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      values.set(piece, at);
      at += piece.length;
    }
    return { group, kind, values };
  });
}
