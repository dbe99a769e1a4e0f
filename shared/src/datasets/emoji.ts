import { datasetKind, split } from './dataset-kind.ts';

export const emoji = datasetKind({
  name: 'emoji',
  summary: 'Crops of coloured emoji pictures.',
  fields: { split },
  spelling: 'emoji',
  paths: [],
  isPrepared: true,
});
