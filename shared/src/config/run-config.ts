import { z } from 'zod';
import { datasetSchema } from '../datasets/dataset-kinds.ts';
import { S3_URL } from '../store/s3-connection.ts';

// Over 250 lines: one schema, field after field.

const positiveInt = z.number().int().positive();
const nonNegativeInt = z.number().int().nonnegative();
const rate = z.number().positive().describe('The learning rate.');
const fraction = z.number().min(0).max(1);
/** Of an optimizer's average: 1 would never let anything in. */
const decay = z.number().min(0).lt(1);

const beta1 = decay.default(0.9).describe('Decay rate of the moving average of gradients.');
const beta2 = decay.default(0.999).describe('Decay rate of the moving average of squared gradients.');
const epsilon = z
  .number()
  .positive()
  .describe('A small number added to the denominator, the root of the averaged squared gradients.');
const weightDecay = z
  .number()
  .nonnegative()
  .default(0.01)
  .describe('Weight decay: this share of the parameters is added to the update.');
const momentum = decay.default(0).describe('The share of the previous update that is added to the next one.');

const warmUp = nonNegativeInt
  .default(0)
  .describe('The number of iterations over which the learning rate rises linearly to its full value.');

const decaySchedule = {
  warmUp,
  from: nonNegativeInt.default(0).describe('The iteration at which the decay begins.'),
  until: positiveInt.describe(
    'The iteration at which the decay ends. From then on the learning rate stays at the floor.',
  ),
  floor: fraction
    .default(0)
    .describe('The share of the learning rate that remains after the decay: 0.1 keeps a tenth.'),
};

const scheduleSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant'), warmUp }),
    z.strictObject({ kind: z.literal('linear'), ...decaySchedule }),
    z.strictObject({ kind: z.literal('cosine'), ...decaySchedule }),
  ])
  .refine((schedule) => schedule.kind === 'constant' || schedule.from < schedule.until, {
    path: ['until'],
    message: 'an iteration after `from`',
  })
  .describe(
    'How the learning rate changes over the iterations. It rises during `warmUp`, then stays constant or decays as `kind` says. Without a schedule it is constant.',
  );

const optimizerSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('adam'),
      learningRate: rate,
      schedule: scheduleSchema.optional(),
      beta1,
      beta2,
      epsilon: epsilon.default(1e-8),
    }),
    z.strictObject({
      kind: z.literal('adamw'),
      learningRate: rate,
      schedule: scheduleSchema.optional(),
      beta1,
      beta2,
      epsilon: epsilon.default(1e-8),
      weightDecay,
    }),
    z.strictObject({
      kind: z
        .literal('lamb')
        .describe(
          'Adam, but the update of each tensor is scaled by the norm of the tensor. Made for large batches.',
        ),
      learningRate: rate.describe('The share of its own norm by which a tensor changes in one update.'),
      schedule: scheduleSchema.optional(),
      beta1,
      beta2,
      epsilon: epsilon.default(1e-6),
      weightDecay,
    }),
    z.strictObject({
      kind: z.literal('sgd'),
      learningRate: rate,
      schedule: scheduleSchema.optional(),
      momentum,
      nesterov: z.boolean().default(false).describe('Use Nesterov momentum.'),
    }),
    z.strictObject({
      kind: z.literal('rmsprop'),
      learningRate: rate,
      schedule: scheduleSchema.optional(),
      decay: decay.default(0.99).describe('Decay rate of the moving average of squared gradients.'),
      momentum,
      epsilon: epsilon.default(1e-8),
    }),
  ])
  .describe('The optimizer of one parameter group. The coordinator applies it.');

/** The whole of a run's config. Relative paths are relative to the config file and are made absolute on loading. */
export const runConfigSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
    .default('run')
    .describe(
      'The name of the run. It names the folder under runs/, the events and the checkpoints in a bucket.',
    ),
  seed: z
    .number()
    .int()
    .min(0)
    .max(0xffffffff)
    .default(1)
    .describe(
      'The seed of all random numbers. Runs of one config and one seed end with the same parameters.',
    ),
  iterations: positiveInt.describe(
    "The number of iterations to train. One iteration runs the model's list of phases once; each phase is one optimizer step.",
  ),
  virtualWorkers: positiveInt
    .refine((count) => Number.isInteger(Math.log2(count)), 'a power of two')
    .default(4)
    .describe(
      'The number of equal parts into which each batch is divided. A worker computes one or more of them, so this is also the largest useful number of workers.',
    ),
  batchPerVirtualWorker: positiveInt
    .default(4)
    .describe(
      'The number of examples in the part of one virtual worker. The whole batch has virtualWorkers times as many.',
    ),
  model: z
    .strictObject({
      preset: z
        .string()
        .optional()
        .describe('A built-in model: adain-32, adain-64, dcgan-32, article or article-full.'),
      module: z
        .string()
        .optional()
        .describe('The path of your own TypeScript module, which exports the result of defineModel(...).'),
      options: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Options of the model, passed to it as they are.'),
    })
    .refine(
      (model) => (model.preset === undefined) !== (model.module === undefined),
      'either preset or module, not both',
    )
    .describe('The model to train: a preset or a module of your own.'),
  data: z
    .record(z.string(), datasetSchema)
    .default({})
    .describe('A data set for each domain of the model, by the name of the domain.'),
  optimizers: z
    .record(z.string(), optimizerSchema)
    .describe('An optimizer for each parameter group of the model, by the name of the group.'),
  ema: z
    .record(z.string(), fraction)
    .default({})
    .describe(
      'Decay rate of the moving average of the parameters of a group, by the name of the group. A group that is not named keeps no average.',
    ),
  statisticsMomentum: fraction
    .default(0.9)
    .describe(
      'Momentum of the running statistics of batch normalization: running = momentum * running + (1 - momentum) * batch.',
    ),
  wire: z
    .enum(['f32', 'bf16'])
    .default('f32')
    .describe(
      'The number format in which gradients and parameters are sent. bf16 sends half as many bytes as f32 and gives a different result. Either result is the same for any number of workers.',
    ),
  reducers: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      'The number of reducers. A reducer is a process that holds a slice of the parameters and averages its gradients. With 1, the coordinator does this itself. The result is the same for any number.',
    ),
  transport: z
    .enum(['auto', 'grpc'])
    .default('auto')
    .describe(
      'How gradients and parameters are sent. auto uses shared memory between processes of one machine and gRPC between machines. grpc always uses gRPC. The result is the same.',
    ),
  exactness: z
    .enum(['exact', 'relaxed'])
    .default('exact')
    .describe(
      'exact refuses workers whose TensorFlow, processor type or thread count would give different bits. relaxed admits them, and the result is then no longer reproducible.',
    ),
  onNonFinite: z
    .enum(['fail', 'rollback'])
    .default('fail')
    .describe(
      'What to do when a loss or gradient is NaN or infinite. fail ends the run. rollback continues from the last checkpoint.',
    ),
  engine: z
    .strictObject({
      device: z
        .enum(['auto', 'cpu', 'gpu'])
        .default('auto')
        .describe('The device that workers compute on. auto takes the GPU if there is one.'),
      intraOpThreads: positiveInt
        .default(1)
        .describe('The number of threads that one operation of TensorFlow uses.'),
      compile: z
        .boolean()
        .default(true)
        .describe(
          'Record each phase once as a TensorFlow graph, and then run it with one call. This is faster than running its operations one by one.',
        ),
      ops: z
        .enum(['atelier', 'tensorflow'])
        .default('atelier')
        .describe(
          "Which operations compute a recorded graph. atelier uses its own for 4x4 convolutions of stride 2 and for element-wise operations, on processors with AVX2 and with intraOpThreads 1, and TensorFlow's for all others. tensorflow uses only TensorFlow's. The two give different bits, but each is reproducible.",
        ),
    })
    .prefault({}),
  checkpoint: z
    .strictObject({
      store: z
        .union([z.literal('local'), z.string().regex(S3_URL, 's3://bucket or s3://bucket/prefix')])
        .default('local')
        .describe(
          "Where checkpoints are stored: local for the run's folder, or s3://bucket/prefix for MinIO or S3. Set the endpoint and the credentials in the environment: AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.",
        ),
      everyIterations: positiveInt.default(100).describe('Write a checkpoint every this many iterations.'),
      keepLast: positiveInt.default(3).describe('The number of newest checkpoints to keep.'),
      keepEvery: nonNegativeInt
        .default(0)
        .describe(
          'Also keep every checkpoint whose iteration is a multiple of this number. 0 keeps only the newest.',
        ),
    })
    .prefault({}),
  evaluate: z
    .strictObject({
      everyIterations: nonNegativeInt
        .default(0)
        .describe(
          'Evaluate the checkpoint every this many iterations, and the last one. A separate process does this and does not change the result of the training. 0 turns evaluation off.',
        ),
      pairs: z
        .number()
        .int()
        .min(20)
        .multipleOf(10)
        .default(200)
        .describe(
          'The number of pairs of content and style to paint and measure. They come from the validation split.',
        ),
      device: z
        .enum(['auto', 'cpu', 'gpu'])
        .default('cpu')
        .describe('The device of the evaluator. The default is cpu, which leaves the GPU to the workers.'),
      judgeSteps: positiveInt
        .default(2500)
        .describe(
          'The number of training steps of the judge, the classifier by which contents are recognized. Compare only evaluations with the same number.',
        ),
      featureSteps: positiveInt
        .default(1500)
        .describe(
          'The number of training steps of the network that extracts style features. Compare only evaluations with the same number.',
        ),
    })
    .prefault({}),
  events: z
    .strictObject({
      server: z
        .string()
        .regex(/^(nats|tls):\/\//, 'nats://host:port')
        .optional()
        .describe(
          'A NATS server with JetStream that receives the events, in addition to the file events.jsonl. Set the credentials in the environment: NATS_USER and NATS_PASSWORD, or NATS_TOKEN, or NATS_CREDS.',
        ),
      stepEvery: positiveInt.default(1).describe('Write a step.committed event only every this many steps.'),
      maxWaiting: positiveInt
        .default(100_000)
        .describe(
          'The maximum number of events to keep for a NATS server that cannot be reached. When there are more, the oldest are not delivered.',
        ),
    })
    .prefault({}),
  samples: z
    .strictObject({
      everyIterations: nonNegativeInt
        .default(100)
        .describe('Draw a grid of sample pictures every this many iterations. 0 draws none.'),
      rows: positiveInt.default(8).describe('The number of rows of the grid, one for each content.'),
      columns: positiveInt.default(8).describe('The number of columns of the grid, one for each style.'),
    })
    .prefault({}),
  journal: z
    .strictObject({
      digestEverySteps: nonNegativeInt
        .default(0)
        .describe('Write the SHA-256 of the parameters to the journal every this many steps. 0 writes none.'),
    })
    .prefault({}),
  scheduling: z
    .strictObject({
      leaseMs: positiveInt
        .default(10_000)
        .describe(
          'A worker that has sent nothing for this time, in milliseconds, is lost. Its work goes to other workers.',
        ),
      heartbeatMs: positiveInt
        .default(1_000)
        .describe('The time between two heartbeats of a worker, in milliseconds.'),
      lateFactor: z
        .number()
        .min(1)
        .default(3)
        .describe(
          'Work is late when it takes more than this many times the median time. Late work is also given to another worker, and the first result counts.',
        ),
      lateFloorMs: positiveInt
        .default(2_000)
        .describe('Work is never late before this time, in milliseconds.'),
      minWorkers: positiveInt.default(1).describe('The number of workers to wait for before the first step.'),
    })
    .prefault({}),
});

export type RunConfig = z.output<typeof runConfigSchema>;
export type RunConfigInput = z.input<typeof runConfigSchema>;
export type OptimizerConfig = RunConfig['optimizers'][string];
export type DatasetConfig = RunConfig['data'][string];
