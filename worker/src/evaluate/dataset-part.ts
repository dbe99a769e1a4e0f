import type { Dataset } from '../data/dataset.ts';
import { sha256 } from '../data/pixel-dataset.ts';

/** One example in so many is for validation. */
const VALIDATION_EVERY = 4;

/**
 * What is held out of training is cut in two that share no example: `validation`, to choose by while a run is trained, and
 * `test`, to report. By number, so that it holds for any set, today and tomorrow.
 */
export function heldOutPart(dataset: Dataset, part: 'validation' | 'test'): Dataset {
  const { numExamples, labels, name, digest } = dataset;
  const numbers = Array.from({ length: numExamples }, (_, i) => i).filter(
    (i) => (i % VALIDATION_EVERY === 0) === (part === 'validation'),
  );
  return {
    name: `${name}, ${part} part`,
    numExamples: numbers.length,
    digest: sha256(`${digest} ${part} ${VALIDATION_EVERY}`),
    shape: dataset.shape,
    labels: labels && Uint8Array.from(numbers, (number) => labels[number] ?? 0),
    read: (indices, signal) =>
      dataset.read(
        indices.map((index) => numbers[index] ?? numExamples),
        signal,
      ),
    close: () => dataset.close(),
  };
}
