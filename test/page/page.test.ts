import { pageAddress } from '@atelier/cli/operator/page-address';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { groundOf } from '../harness/in-page.ts';
import { TestBrowser } from '../harness/servers/browser.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig, toyEvaluation } from '../harness/toy-run.ts';

/** So many that the run outlasts the test. */
const ENDLESS = 1_000_000;
const TOKEN = 'a-token-of-this-test';
const SAMPLES_EVERY = 3;
const config = toyConfig();

let browser: TestBrowser;
beforeAll(async () => {
  browser = await TestBrowser.launch();
});
afterAll(() => browser[Symbol.asyncDispose]());

describe('the page of a run', () => {
  it('shows it, steers it, and goes on by itself when its coordinator is killed and started again', async () => {
    await using cluster = await Cluster.start({
      iterations: ENDLESS,
      samples: { everyIterations: SAMPLES_EVERY, rows: 2, columns: 4 },
    });
    await cluster.joinWorker('one');
    await cluster.joinWorker('two');
    const address = await pageAddress(cluster.folder);
    expect(address).toMatch(new RegExp(`^http://${cluster.http}/#token=.+`));
    const window = await browser.open(address ?? '');
    const { page } = window;
    expect(page.url()).toBe(`http://${cluster.http}/`);

    await window.untilShown('#state', 'Running');
    await window.untilShown('#workers tbody', /one.*two/s);
    expect(await page.title()).toMatch(/^0% faults/);
    await page.getByRole('img', { name: /^Losses, last values: .*generator -?\d/ }).waitFor();
    await page.getByRole('img', { name: /^Images a second, last values: images\/s \d/ }).waitFor();
    await window.untilColored('#losses canvas');
    await page.getByRole('img', { name: /^Of .*computing gradients/ }).waitFor();

    await window.untilShown('#samples output', /newest of ([3-9]|\d\d)/);
    await window.screenshot('desktop-light');

    await window.press('Pause');
    await window.untilShown('#state', 'Paused');
    expect(await cluster.status()).toMatchObject({ state: 'paused' });
    await window.untilShown('#events', /Paused before step/);
    const samples = await samplesOfPaused(cluster);
    await window.untilSample(samples.at(-1));
    const slider = page.getByRole('slider', { name: 'Which sample' });
    for (const key of ['ArrowLeft', 'ArrowLeft']) await slider.press(key);
    await window.untilShown('#samples output', `${samples.length - 2} of ${samples.length}`);
    const older = await window.shownSample();
    expect(older.iteration).toBe(samples.at(-3));
    expect(older.width).toBeGreaterThan(0);
    await window.press('Resume');
    await window.untilShown('#state', 'Running');
    const written = window.untilShown('#notices', 'The checkpoint is written');
    await window.press('Checkpoint');
    await written;
    expect(cluster.run.all('checkpoint.saved').length).toBeGreaterThan(1);
    expect(window.faults).toEqual([]);

    await page.evaluate('globalThis.wasNotLoadedAgain = true');
    await cluster.coordinator.kill();
    await window.untilShown('#state', 'Reconnecting');
    await window.screenshot('desktop-reconnecting');
    await cluster.startCoordinator();
    await window.untilShown('#state', 'Running');
    await window.untilShown('#events', /The run goes on from step/);
    expect(await page.evaluate('globalThis.wasNotLoadedAgain')).toBe(true);
    expect(await window.shownSample()).toMatchObject({ iteration: older.iteration });
    await window.press('Pause');
    await window.untilShown('#state', 'Paused');
    // What the console says of a server that was away is no fault of the page.
    expect(window.faults.filter((fault) => !fault.includes('net::ERR_'))).toEqual([]);

    const dark = await browser.open(address ?? '', { colorScheme: 'dark' });
    await dark.untilShown('#state', 'Paused');
    await dark.untilWhole();
    await dark.screenshot('desktop-dark');
    const phone = await browser.open(address ?? '', { width: 390, height: 844 });
    await phone.untilShown('#state', 'Paused');
    await phone.untilWhole();
    expect(await phone.overflows()).toBe(false);
    await phone.screenshot('phone');
    expect([...dark.faults, ...phone.faults]).toEqual([]);
  });

  it('lets nobody steer without the token, says so, and takes it', async () => {
    await using coordinator = await ToyCoordinator.start({ config, pageToken: TOKEN });
    await coordinator.join('a');
    const window = await browser.open(`http://${coordinator.http}/`);
    await window.untilShown('#state', 'Running');
    await window.press('Pause');
    await window.untilShown('dialog', 'To steer the run it needs the token');
    await window.page.getByLabel('Token').fill('a-token-that-is-wrong');
    await window.press('Use this token');
    await window.untilShown('.notice.fault', 'Not done: the token does not belong to this run');
    expect(await coordinator.status()).toMatchObject({ state: 'running' });
    await window.page.getByLabel('Token').fill(TOKEN);
    await window.press('Use this token');
    const done = window.untilShown('.notice.done', 'The run pauses after the step under way');
    await window.press('Pause');
    await done;
    // The refusal is what the console tells of.
    expect(window.faults).toEqual([expect.stringContaining('401')]);
  });

  it('asks before a worker is drained and before the run is stopped', async () => {
    await using coordinator = await ToyCoordinator.start({ config, pageToken: TOKEN });
    await coordinator.join('a');
    await coordinator.join('b');
    const window = await browser.open(`http://${coordinator.http}/#token=${TOKEN}`);
    await window.press('Drain b');
    await window.untilShown('dialog', 'Drain b?');
    await window.page.keyboard.press('Escape');
    await window.page.locator('dialog').waitFor({ state: 'detached' });
    expect((await coordinator.status()).workers.map(({ state }) => state)).toEqual(['active', 'active']);
    await window.press('Drain b');
    await window.press(/^Drain$/);
    await window.untilShown('#workers tr[data-state="draining"], #workers tr:only-child', /./);

    await window.press('Stop');
    await window.press('Stop the run');
    expect(await coordinator.finished).toMatchObject({ kind: 'stopped' });
    await window.untilShown('#state', 'Stopped');
    await window.untilShown('#events', 'Stopped at step');
  });

  it('shows what is measured of the checkpoints beside its bars, and names the best', async () => {
    const evaluated = toyConfig({ evaluate: { everyIterations: 1 } });
    await using coordinator = await ToyCoordinator.start({ config: evaluated });
    const worker = await coordinator.join('a');
    const { runId } = await coordinator.status();
    const window = await browser.open(`http://${coordinator.http}/`);
    await window.untilShown('#state', 'Running');
    expect(await window.page.locator('#evaluation').isVisible()).toBe(false);
    for (let step = 0; step < 6; step += 1) await worker.compute(await worker.next('assignment'));
    await worker.next('assignment');
    await coordinator.evaluate({ runId, evaluation: toyEvaluation(1, { judge: 0.62, swd: 0.31 }) });
    await coordinator.evaluate({ runId, evaluation: toyEvaluation(2, { judge: 0.93, swd: 0.2 }) });
    await coordinator.evaluate({ runId, evaluation: toyEvaluation(3, { judge: 0.88, swd: 0.24 }) });
    await coordinator.evaluate({ runId, working: 'measuring pairs: 10 of 200' });
    await window.untilShown('#evaluation .best', 'Best: iteration 2, 2 of 2 bars met, kept in best/');
    await window.untilShown('#evaluation', /Newest: iteration 3, 0 of 2 bars met, shortfall 0\.16/);
    await window.untilShown('#evaluation .activity', 'Now: measuring pairs: 10 of 200');
    const judge = window.page.getByRole('img', {
      name: /^judge at iteration 3: 0\.880, of the best checkpoint 0\.930/,
    });
    expect(await judge.getAttribute('aria-label')).toMatch(/wanted: at least 0\.900$/);
    expect(await window.page.locator('#evaluation .metric').count()).toBe(2);
    await window.untilColored('#evaluation .metric:first-child canvas');
    expect(await window.poorContrasts()).toEqual([]);
    await window.screenshot('evaluation');
    // One who comes later sees the same.
    const later = await browser.open(`http://${coordinator.http}/`, { colorScheme: 'dark' });
    await later.untilShown('#evaluation .best', 'Best: iteration 2');
    expect(await later.poorContrasts()).toEqual([]);
    expect([...window.faults, ...later.faults]).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('can be read in the %s scheme', async (colorScheme) => {
    await using coordinator = await ToyCoordinator.start({ config });
    const worker = await coordinator.join('a');
    for (let step = 0; step < 4; step += 1) await worker.compute(await worker.next('assignment'));
    const window = await browser.open(`http://${coordinator.http}/`, { colorScheme });
    await window.untilShown('#losses .legend', 'critic');
    await window.untilShown('#config', 'virtual workers');
    expect(await window.poorContrasts()).toEqual([]);
    const [red = ''] = /\d+/.exec(await window.page.evaluate(groundOf)) ?? [];
    expect(Number(red) > 127).toBe(colorScheme === 'light');
  });
});

/**
 * The iterations that have a sample grid, oldest first, once the last one that was asked for is drawn: workers draw
 * beside the steps, and after a pause as well.
 */
async function samplesOfPaused(cluster: Cluster): Promise<number[]> {
  const { iteration } = await cluster.status();
  const last = iteration - (iteration % SAMPLES_EVERY);
  const drawn = () => cluster.run.all('sample.rendered').map((event) => event.iteration);
  return cluster.until('the last sample is drawn', () => drawn().at(-1) === last && drawn());
}
