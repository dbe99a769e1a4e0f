// Which part may import which: the one-way street of docs/architecture.md, checked.

const TEST = String.raw`(\.test\.ts|\.fixture\.ts|/testing/[^/]+)$`;
const SERVICES = '^(coordinator|worker|cli|deploy|test)/';
/** Decisions without I/O, clock or logger: they are tested by simulation. */
const PURE_CORE =
  '^(coordinator/src/(life|round|reduction|optimizer|goodput|invariants)|shared/src/(order|random|tree|layout))/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Two files that need each other are one concept, or miss a third. Folders: cli/setup/folder-cycles.mjs.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nobody imports this file and it imports nobody.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          TEST,
          String.raw`\.d\.(ts|mts)$`,
          String.raw`^(proto|shared|cli|worker|deploy)/[^/]+\.(mjs|cjs)$`,
          '/kernels/',
        ],
      },
      to: {},
    },
    {
      name: 'shared-imports-no-service',
      comment: 'shared/ and proto/ lie below the services.',
      severity: 'error',
      from: { path: '^(shared|proto)/' },
      to: { path: SERVICES },
    },
    {
      name: 'shared-imports-no-proto',
      comment: 'What both sides mean does not depend on how it travels.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^proto/' },
    },
    {
      name: 'worker-imports-no-coordinator',
      comment: 'They speak through proto/ only.',
      severity: 'error',
      from: { path: '^worker/' },
      to: { path: '^coordinator/' },
    },
    {
      name: 'coordinator-imports-no-worker',
      comment: 'They speak through proto/ only.',
      severity: 'error',
      from: { path: '^coordinator/' },
      to: { path: '^worker/' },
    },
    {
      name: 'the-page-takes-types-only',
      comment:
        'What runs in a browser holds no code of a server, and no server holds the page. The names of the metrics, their bars and the class of all errors are plain words and arithmetic.',
      severity: 'error',
      from: { path: '^coordinator/page/' },
      to: {
        path: '^(coordinator/src|shared|proto|worker)/',
        pathNot: '^shared/src/(evaluation/(metric-names|bars)|errors/coded-error)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the-export-page-takes-pixels-only',
      comment: 'What runs in a browser takes the arithmetic of pictures and nothing else of the worker.',
      severity: 'error',
      from: { path: '^worker/page/' },
      to: {
        path: '^(coordinator|shared|proto|cli|worker/src)/',
        pathNot: '^worker/src/data/(image|resize)\\.ts$',
      },
    },
    {
      name: 'nothing-imports-the-page',
      comment: 'It is served as it was built.',
      severity: 'error',
      from: { pathNot: '^(coordinator|worker)/page/' },
      to: { path: '^(coordinator|worker)/page/' },
    },
    {
      name: 'nothing-imports-the-cli',
      comment: 'The command line is on top.',
      severity: 'error',
      from: { pathNot: '^(cli|test)/' },
      to: { path: '^cli/' },
    },
    {
      name: 'the-cli-loads-a-worker-when-asked',
      comment:
        "A coordinator's image has no worker in it: its code is imported where a command is carried out.",
      severity: 'error',
      from: { path: '^cli/src/', pathNot: TEST },
      to: { path: '^worker/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'grpc-at-the-edge',
      comment: '@grpc/* only in proto/, grpc/ folders and the operator client.',
      severity: 'error',
      from: { pathNot: '^(proto/|[^/]+/src/grpc/|cli/src/operator/|test/)' },
      to: { path: 'node_modules/(@grpc|grpc-health-check)/' },
    },
    {
      name: 'tensorflow-in-the-worker',
      comment: 'The coordinator knows tensors by their bytes.',
      severity: 'error',
      from: { pathNot: '^(worker|test)/' },
      to: { path: 'node_modules/@tensorflow/' },
    },
    {
      name: 'nats-in-nats-files',
      comment: 'The NATS client stands behind an interface.',
      severity: 'error',
      from: { pathNot: String.raw`(/nats-[^/]+\.ts$|^test/)` },
      to: { path: 'node_modules/@nats-io/' },
    },
    {
      name: 'minio-in-minio-files',
      comment: 'The MinIO client stands behind the object store interface.',
      severity: 'error',
      from: { pathNot: String.raw`(/minio-[^/]+\.ts$|^test/)` },
      to: { path: 'node_modules/minio/' },
    },
    {
      name: 'pure-core-does-no-io',
      comment: 'No I/O, clock or logger in what decides. node:crypto computes and is let through.',
      severity: 'error',
      from: { path: PURE_CORE, pathNot: TEST },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'pure-core-does-not-log',
      comment: 'Decisions come with their reasons; the caller logs them.',
      severity: 'error',
      from: { path: PURE_CORE, pathNot: TEST },
      to: { path: 'node_modules/(pino|prom-client)/' },
    },
    {
      name: 'no-test-code-in-production',
      severity: 'error',
      from: { pathNot: [TEST, '^test/'] },
      to: { path: [TEST, '^test/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.mts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
