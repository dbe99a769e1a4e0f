import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSafetensors } from '@atelier/shared/checkpoint/safetensors';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paintedByNode } from '../harness/painted-by-node.ts';
import { ServedFolder } from '../harness/served-folder.ts';
import { TestBrowser } from '../harness/servers/browser.ts';
import { StylizingRun } from '../harness/stylizing-run.ts';

/** Of values in [-1, 1]; docs/export.md states it. */
const MAX_DIFFERENCE = 1e-4;

let browser: TestBrowser;
let run: StylizingRun;
beforeAll(async () => {
  [browser, run] = await Promise.all([TestBrowser.launch(), StylizingRun.train()]);
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await run?.[Symbol.asyncDispose]();
});

it('paints in the browser what Node paints, of any two pictures that are dropped on it', async () => {
  const out = join(run.home, 'page');
  await run.atelier('export', '--run', run.folder, '--format', 'tfjs', '--out', out);
  const [content, style] = [join(run.contents, '3.png'), join(run.styles, '5.png')];
  const wanted = await paintedByNode(run.folder, content, style);

  await using served = await ServedFolder.serve(out);
  const window = await browser.open(served.address);
  const { page } = window;
  await window.untilShown('#status', 'Give it a content and a style');
  // Not to be awaited here: it is what comes.
  await page.evaluate(
    `void (globalThis.painted = new Promise((resolve) =>
      document.addEventListener('painted', ({ detail }) => resolve([...detail.values]))))`,
  );
  await page.locator('input[aria-label="Content"]').setInputFiles(content);
  await window.untilShown('#status', 'Now the other one');
  await window.dropFile('label:has-text("Style")', style);
  await window.untilShown('#status', /Painted in \d+ ms/);
  const values = await page.evaluate<number[]>('painted');
  expect(values).toHaveLength(wanted.length);
  const difference = Math.max(...values.map((value, i) => Math.abs(value - (wanted[i] ?? Number.NaN))));
  expect(difference).toBeLessThan(MAX_DIFFERENCE);

  expect(await window.numColorsIn('section canvas')).toBeGreaterThan(1);
  await window.screenshot('export-page');
  expect(await window.poorContrasts()).toEqual([]);

  await window.dropFile('label:has-text("Style")', join(run.home, 'config.yaml'));
  await window.untilShown('#status.fault', 'config.yaml is no picture to paint with');
  expect(window.faults).toEqual([]);
});

it('mixes styles at any size and strength, and shows what is inside', async () => {
  const [content, style, other] = [
    join(run.contents, '3.png'),
    join(run.styles, '5.png'),
    join(run.styles, '6.png'),
  ];
  const where = ['--run', run.folder, '--out'];
  const sizeOf = async (name: string, ...args: readonly string[]) => {
    const out = join(run.home, name);
    await run.atelier(...args, ...where, out);
    const { width, height, pages } = await sharp(out, { animated: true }).metadata();
    return { width, height: height / (pages ?? 1), pages };
  };
  const mix = ['--content', content, '--style', `${style}=0.7`, '--style', `${run.styles}=0.3`];
  expect(await sizeOf('mixed.png', 'stylize', ...mix, '--strength', '0.5', '--size', '64')).toEqual({
    width: 80,
    height: 64,
    pages: undefined,
  });
  const ends = ['--content', content, '--style', style, '--style', other];
  expect(await sizeOf('way.webp', 'inspect', 'interpolate', ...ends, '--steps', '5')).toEqual({
    width: 96,
    height: 96,
    pages: 8,
  });
  expect(await sizeOf('map.png', 'inspect', 'styles', '--style', run.styles)).toMatchObject({ width: 1200 });
  expect(await sizeOf('saliency.png', 'inspect', 'saliency', '--images', '2')).toMatchObject({
    width: 5 * 98 + 2,
    height: 2 * 98 + 2,
  });
});

it('writes the moving average of the generator as safetensors', async () => {
  const out = join(run.home, 'tensors');
  const said = await run.atelier('export', '--run', run.folder, '--format', 'safetensors', '--out', out);
  expect(said).toMatch(/generator\.safetensors: 0\.\d+ MB/);
  const exported = decodeSafetensors(await readFile(join(out, 'generator.safetensors')));
  const steps = join(run.folder, 'checkpoints', 'step-000000080', 'generator.safetensors');
  const kept = new Map(
    decodeSafetensors(await readFile(steps)).map(({ name, values }) => [name, values] as const),
  );
  expect(exported.length).toBeGreaterThan(10);
  for (const { name, values } of exported)
    expect(values).toEqual(kept.get(name.replace('generator/', 'ema/')));
});
