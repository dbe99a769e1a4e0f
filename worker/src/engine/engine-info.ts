import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import { linkedEngineFolder } from '@atelier/worker/install/engine-paths';
import { engineDamage, readEngineRecord } from '@atelier/worker/install/engine-record';
import type { EngineOptions } from './engine-environment.ts';
import { type Engine, loadEngine } from './load-engine.ts';

export interface EngineInfo {
  /** Where the native library lies, and which way it came there; absent for one that setup did not install. */
  readonly installation?: {
    readonly folder: string;
    readonly variant: 'cpu' | 'cuda';
    readonly source: string;
  };
  /** What is wrong with the installed files; empty when all is well. */
  readonly damage: readonly string[];
  readonly fingerprint: EngineFingerprint;
  readonly node: string;
  readonly matmul: MatmulCheck;
}

export interface MatmulCheck {
  /** Side of the square matrices. */
  readonly size: number;
  /** Whether the product was right. */
  readonly correct: boolean;
  readonly gigaflopsPerSecond: number;
}

const MATMUL_SIZE = 512;
const MATMUL_REPETITIONS = 10;

/** Loads the engine and says what it is, by asking it and by a small computation. */
export async function engineInfo(
  options: EngineOptions,
  damageCheck: 'quick' | 'full' = 'quick',
): Promise<EngineInfo> {
  const engine = await loadEngine(options);
  const folder = linkedEngineFolder();
  const record = folder === undefined ? undefined : readEngineRecord(folder);
  return {
    ...(folder === undefined || record === undefined
      ? {}
      : { installation: { folder, variant: record.variant, source: record.source } }),
    damage: folder === undefined ? [] : await engineDamage(folder, damageCheck),
    fingerprint: engine.fingerprint,
    node: process.version,
    matmul: checkMatmul(engine),
  };
}

/** Ones times ones: every element of the product is the side's length, exactly. */
function checkMatmul({ tf }: Engine): MatmulCheck {
  const ones = tf.ones([MATMUL_SIZE, MATMUL_SIZE]);
  const multiply = () => {
    const product = tf.matMul(ones, ones);
    const values = product.dataSync();
    product.dispose();
    return values;
  };
  const correct = multiply().every((value) => value === MATMUL_SIZE);
  const start = performance.now();
  for (let i = 0; i < MATMUL_REPETITIONS; i++) multiply();
  const seconds = (performance.now() - start) / 1000;
  ones.dispose();
  const gigaflops = (2 * MATMUL_SIZE ** 3 * MATMUL_REPETITIONS) / 1e9;
  return { size: MATMUL_SIZE, correct, gigaflopsPerSecond: gigaflops / seconds };
}
