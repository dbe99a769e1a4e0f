import { loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import { LocalStore } from '@atelier/shared/store/local-store';
import { Painter } from '@atelier/worker/sample/painter';
import { readPictures } from '@atelier/worker/sample/read-pictures';

/** What a run's newest checkpoint makes of two pictures, as values in [-1, 1]. */
export async function paintedByNode(folder: string, content: string, style: string): Promise<Float32Array> {
  const { checkpoint } = await loadNewestGood([new LocalStore(folder)]);
  if (checkpoint === undefined) throw new Error(`${folder} holds no checkpoint`);
  const painter = await Painter.open(checkpoint.manifest.config, checkpoint.snapshot);
  try {
    const valuesOf = async (path: string, domain: string): Promise<Float32Array> => {
      const shape = painter.model.domains[domain];
      if (shape === undefined) throw new Error(`the model has no domain ${domain}`);
      const [picture] = await readPictures(path, shape);
      return Float32Array.from(picture?.tile.pixels ?? []);
    };
    const inputs = {
      kind: 'stylize',
      content: await valuesOf(content, 'content'),
      style: await valuesOf(style, 'style'),
    } as const;
    return (await painter.paint(inputs)).pixels;
  } finally {
    await painter.close();
  }
}
