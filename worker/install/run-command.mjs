// @ts-check
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** A command that could not be started, was killed or ended with a code other than 0. */
export class CommandError extends Error {
  /** @readonly */
  code = 'command-failed';

  /**
   * @param {string} command as it was run, for the reader
   * @param {string} outcome "exit code 1", "killed by SIGTERM", "not found"
   * @param {readonly string[]} lastLines the end of what it printed
   */
  constructor(command, outcome, lastLines) {
    super(
      `${command}: ${outcome}${lastLines.length > 0 ? `\n${lastLines.map((line) => `  ${line}`).join('\n')}` : ''}`,
    );
    this.name = 'CommandError';
    this.outcome = outcome;
    this.lastLines = lastLines;
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] the whole environment; the parent's when left out
 * @property {string} [logFile] receives everything the command prints
 * @property {(line: string) => void} [onLine] sees each line of stdout and stderr as it comes
 * @property {number} [timeoutMs] the command is killed after it; none when left out
 */

const KEPT_LINES = 12;

/**
 * Runs a command to its end and returns what it wrote to stdout.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>}
 * @throws {CommandError} with the last lines that the command printed
 */
export function runCommand(command, args, { cwd, env = process.env, logFile, onLine, timeoutMs } = {}) {
  const shown = [command, ...args].join(' ');
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
  log?.write(`$ ${shown}\n`);

  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    /** @type {string[]} */
    const lastLines = [];
    let stdout = '';

    /** @param {import('node:stream').Readable} stream */
    const readLines = (stream) => {
      let partial = '';
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        log?.write(text);
        const lines = (partial + text).split(/\r?\n/);
        partial = lines.pop() ?? '';
        for (const line of lines) see(line);
      });
      stream.on('end', () => see(partial));
    };
    /** @param {string} line */
    const see = (line) => {
      if (line.trim() === '') return;
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      onLine?.(line);
    };

    child.stdout.on('data', (/** @type {Buffer | string} */ chunk) => {
      stdout += String(chunk);
    });
    readLines(child.stdout);
    readLines(child.stderr);
    child.on('error', (error) => {
      log?.end();
      const missing = 'code' in error && error.code === 'ENOENT';
      reject(new CommandError(shown, missing ? 'not found' : error.message, []));
    });
    child.on('close', (exitCode, signal) => {
      log?.end();
      if (exitCode === 0) resolve(stdout);
      else
        reject(
          new CommandError(
            shown,
            signal === null ? `exit code ${exitCode}` : `killed by ${signal}`,
            lastLines,
          ),
        );
    });
  });
}
