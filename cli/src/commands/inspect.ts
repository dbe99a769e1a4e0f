import { Command } from 'commander';
import { inspectInterpolate } from './inspect-interpolate.ts';
import { inspectSaliency } from './inspect-saliency.ts';
import { inspectStyles } from './inspect-styles.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('show what a run has learned')
    .addCommand(inspectInterpolate())
    .addCommand(inspectStyles())
    .addCommand(inspectSaliency());
}
