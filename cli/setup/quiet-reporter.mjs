// @ts-check
import { Writable } from 'node:stream';
import { DefaultReporter } from 'vitest/node';

const NUM_SLOWEST = 10;

/** Everything that is printed while the tests run and does not come through vitest, such as what native code prints. */
class Output extends Writable {
  #text = '';

  get length() {
    return this.#text.length;
  }

  /** @param {number} start */
  since(start) {
    return this.#text.slice(start);
  }

  /**
   * @override
   * @param {Buffer | string} chunk
   * @param {BufferEncoding} _encoding
   * @param {() => void} done
   */
  _write(chunk, _encoding, done) {
    this.#text += chunk.toString();
    done();
  }

  /** Each test process that ends would end it, and the next one write to it. @override */
  end() {
    return this;
  }
}

/**
 * One line a test file, with its time; the output of a file only if a test of it fails. Last, the files that took
 * longest and the counts.
 */
export default class QuietReporter extends DefaultReporter {
  #output = new Output();
  /** By id of the test file: where its part of the output begins. @type {Map<string, number>} */
  #starts = new Map();

  constructor() {
    super({ silent: 'passed-only' });
  }

  /**
   * @override
   * @param {import('vitest/node').Vitest} vitest
   */
  onInit(vitest) {
    super.onInit(vitest);
    // The test processes' output is piped to where these point when a process starts.
    const { logger } = vitest;
    logger.outputStream = this.#output;
    logger.errorStream = this.#output;
  }

  /** @param {import('vitest/node').TestModule} file */
  onTestModuleStart(file) {
    this.#starts.set(file.id, this.#output.length);
  }

  /**
   * @override
   * @param {import('vitest/node').TestModule} file
   */
  printTestModule(file) {
    const tests = [...file.children.allTests()];
    const failed = tests.filter((test) => test.result().state === 'failed');
    const numSkipped = tests.filter((test) => test.result().state === 'skipped').length;
    const counts = [
      `${tests.length} ${tests.length === 1 ? 'test' : 'tests'}`,
      ...(failed.length > 0 ? [`${failed.length} failed`] : []),
      ...(numSkipped > 0 ? [`${numSkipped} skipped`] : []),
    ];
    this.log(`${this.getStateSymbol(file)} ${nameOf(file)} (${counts.join(', ')}) ${timeOf(file)}`);
    if (file.state() !== 'failed') return;
    for (const test of failed) this.log(`    ${this.getStateSymbol(test)} ${test.fullName}`);
    const output = this.#output.since(this.#starts.get(file.id) ?? 0).trimEnd();
    if (output !== '') this.log(`--- what was printed meanwhile\n${output}\n---`);
  }

  /**
   * @override
   * @param {ReadonlyArray<import('vitest/node').TestModule>} files
   * @param {Parameters<DefaultReporter['onTestRunEnd']>[1]} errors
   * @param {Parameters<DefaultReporter['onTestRunEnd']>[2]} reason
   */
  onTestRunEnd(files, errors, reason) {
    const slowest = files.toSorted((a, b) => secondsOf(b) - secondsOf(a)).slice(0, NUM_SLOWEST);
    if (files.length > 1) {
      this.log('\nThe slowest files:');
      for (const file of slowest) this.log(`${timeOf(file).padStart(9)}  ${nameOf(file)}`);
    }
    super.onTestRunEnd(files, errors, reason);
  }
}

/** @param {import('vitest/node').TestModule} file */
function nameOf(file) {
  return file.relativeModuleId;
}

/**
 * With what is done before the first test, such as the loading of TensorFlow.
 *
 * @param {import('vitest/node').TestModule} file
 */
function secondsOf(file) {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
    file.diagnostic();
  return (environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration) / 1000;
}

/** @param {import('vitest/node').TestModule} file */
function timeOf(file) {
  return `${secondsOf(file).toFixed(1)} s`;
}
