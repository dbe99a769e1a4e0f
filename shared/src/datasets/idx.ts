import { datasetKind, path } from './dataset-kind.ts';

export const idx = datasetKind({
  name: 'idx',
  summary: 'Image files in the IDX format of MNIST, gzipped or not.',
  fields: {
    images: path.describe('The IDX file of the images.'),
    labels: path.optional().describe('The IDX file of the labels.'),
  },
  spelling: 'idx:IMAGES[,LABELS]',
  paths: ['images', 'labels'],
});
