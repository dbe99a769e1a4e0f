import { mkdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { numColorsOf, overflows, poorContrastsOf, transferOf, widthOf } from '../in-page.ts';
import { findChromium } from './chromium.ts';

/** Git-ignored; kept by CI. */
const SCREENSHOTS = fileURLToPath(new URL('../../../artifacts/screenshots/', import.meta.url));
/** Of a wait. Only a machine that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 120_000;

export interface WindowOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** A real browser without a screen. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    // As root Chromium starts without its sandbox only.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return new TestBrowser(await chromium.launch({ executablePath: findChromium(), args }));
  }

  async open(address: string, options: WindowOptions = {}): Promise<TestWindow> {
    const { width = 1440, height = 1000, colorScheme = 'light' } = options;
    const deviceScaleFactor = width < 500 ? 2 : 1;
    const page = await this.#browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor });
    page.setDefaultTimeout(DEADLINE_MS);
    const window = new TestWindow(page, new URL(address).host);
    await page.goto(address);
    return window;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** A page that is looked at, and what was wrong with it. */
export class TestWindow {
  readonly page: Page;
  /** Errors of its code and of its console, and requests to other places than its own. */
  readonly faults: string[] = [];

  constructor(page: Page, host: string) {
    this.page = page;
    page.on('pageerror', (error) => this.faults.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(message.text());
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.host !== host) this.faults.push(`asked for ${url}`);
    });
  }

  /** Until the text is to be seen in the element. */
  async untilShown(selector: string, text: string | RegExp): Promise<void> {
    await this.page.locator(selector).filter({ hasText: text }).first().waitFor();
  }

  /** Until what is asked for by itself is there, too: the curves, the newest picture, the config. */
  async untilWhole(): Promise<void> {
    await this.untilShown('#losses .legend', /\d/);
    await this.untilShown('#samples output', /newest of/);
    await this.untilShown('#config', 'virtual workers');
    await this.shownSample();
  }

  /** Until the slider is at the sample of this iteration. */
  async untilSample(iteration: number | undefined): Promise<void> {
    await this.page
      .getByRole('img', { name: `Sample grid of iteration ${iteration}`, exact: true })
      .waitFor();
  }

  /** Until more than a background and an axis is drawn, which comes a moment after what the canvas is called. */
  async untilColored(selector: string): Promise<void> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    while ((await this.numColorsIn(selector)) <= 3) {
      deadline.throwIfAborted();
      await this.untilDrawn();
    }
  }

  /** Until the page was drawn once more. */
  async untilDrawn(): Promise<void> {
    await this.page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))');
  }

  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name }).click();
  }

  /** Of the sample that the slider is at. */
  async shownSample(): Promise<{ readonly iteration: number; readonly width: number }> {
    const picture = this.page.getByRole('img', { name: /^Sample grid of iteration/ });
    const iteration = Number(/\d+$/.exec((await picture.getAttribute('alt')) ?? '')?.[0]);
    return { iteration, width: await picture.evaluate(widthOf) };
  }

  /** How many clearly different colours a canvas shows. */
  numColorsIn(selector: string): Promise<number> {
    return this.page.locator(selector).evaluate(numColorsOf);
  }

  /** Lets a file fall onto the element. */
  async dropFile(selector: string, path: string): Promise<void> {
    const file = { name: basename(path), base64: (await readFile(path)).toString('base64') };
    const dataTransfer = await this.page.evaluateHandle(transferOf, file);
    await this.page.dispatchEvent(selector, 'drop', { dataTransfer });
  }

  /** The texts that are hard to read. */
  poorContrasts(): Promise<string[]> {
    return this.page.evaluate(poorContrastsOf);
  }

  /** Whether something lies beyond the right edge. */
  overflows(): Promise<boolean> {
    return this.page.evaluate(overflows);
  }

  async screenshot(name: string): Promise<void> {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
  }
}
