import { crops, datasetKind, path } from './dataset-kind.ts';

export const folder = datasetKind({
  name: 'folder',
  summary: 'A folder of pictures. Its subfolders are searched, too.',
  fields: { path: path.describe('The folder of the pictures.'), crops },
  spelling: 'folder:PATH',
  paths: ['path'],
});
