import { configJsonSchema } from '@atelier/shared/config/config-schema';
import { loadConfig } from '@atelier/shared/config/load-config';
import { Command } from 'commander';
import { print, printResult } from '../terminal/output.ts';
import { examples } from './run-options.ts';

export function configCommand(): Command {
  const command = new Command('config').description('check a config, or print the JSON schema of configs');
  command
    .command('check')
    .description('check a config; list each wrong field with its line, and exit with code 2')
    .argument('<config>', 'a YAML file')
    .option('--json', 'print the config, with all defaults filled in, as JSON')
    .addHelpText('after', examples('atelier config check examples/demo.yaml'))
    .action(async (path: string, options: { readonly json?: boolean }) => {
      const config = await loadConfig(path);
      const batch = config.virtualWorkers * config.batchPerVirtualWorker;
      const model = config.model.preset ?? config.model.module;
      printResult(
        options.json,
        config,
        () =>
          `${path} is valid: ${model}, ${config.iterations} iterations, ${config.virtualWorkers} virtual workers x ${config.batchPerVirtualWorker} examples = batch ${batch}`,
      );
    });
  command
    .command('schema')
    .description('print the JSON schema of configs, for editors')
    .addHelpText('after', examples('atelier config schema > config-schema.json'))
    .action(() => print(configJsonSchema().trimEnd()));
  return command;
}
