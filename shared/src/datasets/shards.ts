import { isS3Url, S3_URL } from '../store/s3-connection.ts';
import { crops, datasetKind, path } from './dataset-kind.ts';

export const shards = datasetKind({
  name: 'shards',
  summary: 'Shards written by `atelier data pack`.',
  fields: {
    path: path
      .refine((place) => !isS3Url(place) || S3_URL.test(place), 'a folder, s3://bucket or s3://bucket/prefix')
      .describe(
        'The folder, or s3://bucket/prefix, that contains index.json. Endpoint and credentials are those of checkpoint.store.',
      ),
    crops,
  },
  spelling: 'shards:PATH|s3://BUCKET/PREFIX',
  paths: ['path'],
});
