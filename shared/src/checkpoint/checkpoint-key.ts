const FOLDER = 'checkpoints/';
const DIGITS = 9;

export const MANIFEST = 'manifest.json';
export const CHECKPOINT_PREFIX = FOLDER;

/** Where the checkpoint of a step lies in its store: 'checkpoints/step-000000123/'. */
export function checkpointKeyOf(step: number): string {
  return `${FOLDER}step-${String(step).padStart(DIGITS, '0')}/`;
}

/** The step of any key inside a checkpoint; undefined for other keys. */
export function stepOfKey(key: string): number | undefined {
  const digits = /^checkpoints\/step-(\d+)\//.exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function groupFileOf(group: string): string {
  return `${encodeURIComponent(group)}.safetensors`;
}
