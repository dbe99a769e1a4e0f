import { datasetKind, path } from './dataset-kind.ts';

export const npy = datasetKind({
  name: 'npy',
  summary: 'NumPy arrays of 8-bit images, [N, H, W] or [N, H, W, channels].',
  fields: {
    images: path.describe('A .npy file of dtype uint8 with 1 or 3 channels.'),
    labels: path.optional().describe('A .npy file of dtype uint8, int32 or int64: N classes from 0 to 255.'),
  },
  spelling: 'npy:IMAGES[,LABELS]',
  paths: ['images', 'labels'],
});
