// @ts-check

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 100;
const PLAIN_LINE_MS = 10_000;

/**
 * Shows one step after another on a stream: on a terminal as a line that lives, with a spinner, what is going on and
 * the seconds; elsewhere as plain lines, a step's state at most every ten seconds.
 */
export class Steps {
  #stream;
  #isLive;

  /** @param {NodeJS.WriteStream} [stream] */
  constructor(stream = process.stderr) {
    this.#stream = stream;
    this.#isLive = stream.isTTY && process.env.TERM !== 'dumb';
  }

  /**
   * Runs one step. What it throws is thrown on, after the step is marked as failed.
   *
   * @param {string} title
   * @param {(report: (status: string) => void) => Promise<string>} work returns the outcome in a few words
   */
  async run(title, work) {
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
    let status = '';
    let numTicks = 0;
    let lastPlainLine = 0;

    const drawLive = () => {
      const frame = FRAMES[numTicks % FRAMES.length];
      const line = `${frame} ${title}  ${seconds()}  ${status}`;
      this.#stream.write(`\r\u001b[2K${line.slice(0, (this.#stream.columns || 80) - 1)}`);
      numTicks += 1;
    };
    const drawPlain = () => {
      if (performance.now() - start - lastPlainLine < PLAIN_LINE_MS) return;
      lastPlainLine = performance.now() - start;
      this.#stream.write(`  ${title}: ${status || 'working'} (${seconds()})\n`);
    };
    const timer = setInterval(this.#isLive ? drawLive : drawPlain, FRAME_MS);

    try {
      const outcome = await work((next) => {
        status = next;
      });
      this.#end('✔', `${title}: ${outcome}`, seconds());
    } catch (error) {
      this.#end('✘', `${title} failed`, seconds());
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /**
   * @param {string} mark
   * @param {string} text
   * @param {string} seconds
   */
  #end(mark, text, seconds) {
    this.#stream.write(`${this.#isLive ? '\r\u001b[2K' : ''}${mark} ${text} (${seconds})\n`);
  }
}
