import { openStore } from '@atelier/shared/store/open-store';
import type { ExportFormat } from '@atelier/worker/export/export-files';
import { Command, Option } from 'commander';
import { newestCheckpoint, openCheckpointPlaces, RUN_PLACE } from '../run-folder/checkpoint-places.ts';
import { print } from '../terminal/output.ts';
import { examples } from './run-options.ts';

interface ExportOptions {
  readonly run?: string;
  readonly format: ExportFormat;
  readonly out: string;
}

/** Named here too: TensorFlow is loaded by what needs it only. */
const FORMATS: readonly ExportFormat[] = ['tfjs', 'safetensors', 'onnx'];

export function exportCommand(): Command {
  return new Command('export')
    .description(
      "write a run's generator in a format for other programs; the moving average of its parameters, if the run keeps one",
    )
    .option('--run <place>', RUN_PLACE)
    .addOption(
      new Option(
        '--format <format>',
        'tfjs writes model.json, weights.bin and a web page that runs them; onnx writes generator.onnx; safetensors writes generator.safetensors, which holds only the tensors',
      )
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .requiredOption(
      '--out <place>',
      'a folder, or s3://bucket/prefix; existing files of the same names are replaced',
    )
    .addHelpText(
      'after',
      `
Inputs and outputs are float32 in [-1, 1], NHWC, one image at a time: content and style to image, or noise to image.
${examples(
  'atelier export --run runs/demo --format tfjs --out painter',
  'atelier export --run runs/demo --format onnx --out exports/demo',
  'atelier export --run s3://bucket/runs/demo --format safetensors --out s3://bucket/exports/demo',
)}`,
    )
    .action(exportGenerator);
}

async function exportGenerator({ run, format, out }: ExportOptions): Promise<void> {
  const { manifest, snapshot } = await newestCheckpoint(await openCheckpointPlaces(run));
  const { Painter } = await import('@atelier/worker/sample/painter');
  const { exportFilesOf } = await import('@atelier/worker/export/export-files');
  const painter = await Painter.open(manifest.config, snapshot);
  try {
    const store = openStore(out, out);
    for (const [name, bytes] of await exportFilesOf(format, painter, manifest)) {
      await store.put(name, bytes);
      print(`${store.location}/${name}: ${(bytes.byteLength / 1e6).toFixed(2)} MB`);
    }
  } finally {
    await painter.close();
  }
}
