import { uniform } from '@atelier/shared/random/keyed-random';
import type { PhiloxKey } from '@atelier/shared/random/philox';

/**
 * Content drawn onto pictures in one of many ways, so that a judge learns the content's shape in any colours: as it is;
 * as its difference from a picture (MNIST-M); one picture seen through another; flat colours with a picture's grain;
 * a blend. Half of the flat ones and the see-through ones are dark on light.
 *
 * @param content one value a pixel, in [-1, 1]: 1 is ink
 * @param pictures two colour pictures of that size
 * @param key of the drawing
 * @returns a colour picture, in [-1, 1]
 */
export function compositeOf(
  content: Float32Array,
  pictures: readonly [Float32Array, Float32Array],
  key: PhiloxKey,
): Float32Array {
  const [way = 0, strength = 0, turn = 0, ...colours] = uniform(key, 9);
  const [one, two] = pictures;
  const inkOf = (i: number): number => ((content[Math.floor(i / 3)] ?? -1) + 1) / 2;
  const paint = wayOf(way);
  return one.map((value, i) => {
    const ink = inkOf(i);
    const at = { ink, picture: (value + 1) / 2, other: ((two[i] ?? 0) + 1) / 2, channel: i % 3 };
    return 2 * Math.max(0, Math.min(1, paint(at, { strength, isTurned: turn < 0.5, colours }))) - 1;
  });
}

interface Place {
  /** All in [0, 1]. */
  readonly ink: number;
  readonly picture: number;
  readonly other: number;
  readonly channel: number;
}

interface Drawn {
  readonly strength: number;
  readonly isTurned: boolean;
  readonly colours: readonly number[];
}

type Way = (place: Place, drawn: Drawn) => number;

const grey: Way = ({ ink }) => ink;
const difference: Way = ({ ink, picture }) => Math.abs(picture - ink);
const blend: Way = ({ ink, picture }, { strength }) => {
  const share = 0.3 + 0.5 * strength;
  return share * ink + (1 - share) * picture;
};
/** The second picture is made lighter where it is ink: two pictures alone may have the same colours. */
const seeThrough: Way = ({ ink, picture, other }, { strength, isTurned }) => {
  const lighter = 1 - (1 - other) * (0.3 + 0.5 * strength);
  const darker = picture * (0.4 + 0.4 * strength);
  const share = isTurned ? 1 - ink : ink;
  return share * lighter + (1 - share) * darker;
};
const flat: Way = ({ ink, picture, channel }, { strength, isTurned, colours }) => {
  const share = isTurned ? 1 - ink : ink;
  const inkColour = colours[channel] ?? 0;
  const paperColour = colours[channel + 3] ?? 0;
  return share * inkColour + (1 - share) * paperColour + strength * 0.6 * (picture - 0.5);
};

function wayOf(way: number): Way {
  if (way < 0.1) return grey;
  if (way < 0.3) return difference;
  if (way < 0.45) return blend;
  return way < 0.7 ? seeThrough : flat;
}
