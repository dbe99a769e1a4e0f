import { datasetKind, split } from './dataset-kind.ts';

export const textures = datasetKind({
  name: 'textures',
  summary: 'Generated patterns in harmonious colours. No files are needed.',
  fields: { split },
  spelling: 'textures',
  paths: [],
});
