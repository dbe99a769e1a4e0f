import type { CheckpointManifest } from '@atelier/shared/checkpoint/manifest';
import { encodeSafetensors } from '@atelier/shared/checkpoint/safetensors';
import type { Painter } from '../sample/painter.ts';
import { onnxModelOf } from './onnx-model.ts';
import { readExportPage } from './page-files.ts';
import { tfjsModelOf } from './tfjs-model.ts';

export type ExportFormat = 'tfjs' | 'safetensors' | 'onnx';

/** A file by its name below the place of the export. */
export type ExportFiles = ReadonlyMap<string, Uint8Array>;

/**
 * The generator of a checkpoint in one format, its moving average where there is one.
 * @throws ComputeError, ExportError that say what is in the way
 */
export async function exportFilesOf(
  format: ExportFormat,
  painter: Painter,
  manifest: CheckpointManifest,
): Promise<ExportFiles> {
  const origin = originOf(painter, manifest);
  switch (format) {
    case 'safetensors':
      return new Map([['generator.safetensors', encodeSafetensors(painter.tensors(), textsOf(origin))]]);
    case 'onnx':
      return new Map([
        ['generator.onnx', onnxModelOf(await painter.freeze(), painter.model.name, textsOf(origin))],
      ]);
    case 'tfjs':
      return new Map([
        ...Object.entries(tfjsModelOf(await painter.freeze(), origin)),
        ...(await readExportPage()),
      ]);
  }
}

/** What the weights are and where they come from. Travels in every format. */
function originOf({ model }: Painter, { runId, iteration, parametersDigest, config }: CheckpointManifest) {
  return {
    model: model.name,
    options: config.model.options,
    generate: model.generate.kind,
    runId,
    iteration,
    parametersDigest,
  };
}

function textsOf(origin: ReturnType<typeof originOf>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(origin).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
