// A process whose TensorFlow refuses our ops (refused-op.fixture.cc): prints how loading the engine fails.
import { EngineError } from '../../engine/engine-error.ts';
import { loadEngine } from '../../engine/load-engine.ts';

const options = { device: 'cpu', intraOpThreads: 1, compile: true, ops: 'atelier' } as const;
const failure = await loadEngine(options).then(
  () => undefined,
  (error: unknown) =>
    error instanceof EngineError ? { code: error.code, message: error.message } : String(error),
);
process.stdout.write(JSON.stringify(failure ?? 'none'));
