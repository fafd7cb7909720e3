#!/usr/bin/env node
/** The command `noisette`. Errors are one line and exit code 1; `--debug` adds where they were thrown. */
import { Command, CommanderError } from 'commander';
import { noisetteVersion } from '../app/versions-node.ts';
import { endWhenOutputCloses } from './closed-output.ts';
import { errorLine, usageError } from './error-line.ts';
import { addEval } from './eval.ts';
import { addFilm } from './film.ts';
import { addInfo } from './info.ts';
import { addQuickstart } from './quickstart.ts';
import { addSample } from './sample.ts';
import { addTrain } from './train.ts';

function build(): Command {
  const program = new Command('noisette')
    .description('Generative modelling in TypeScript: trains, samples and shows diffusion models.')
    .version(noisetteVersion())
    .option('--debug', 'show where errors come from')
    .configureOutput({ outputError: () => {} })
    .exitOverride((error) => usageError(error, program));
  for (const add of [addTrain, addSample, addFilm, addInfo, addEval, addQuickstart]) add(program);
  for (const command of program.commands) command.exitOverride((error) => usageError(error, command)).option('--debug', 'show where errors come from');
  program.addHelpText('after', `
Start here:
  noisette quickstart                        train on handwritten digits and draw some, in minutes
  noisette train --data FOLDER               train on your own pictures
  noisette sample noisette-runs/NAME         draw`);
  return program;
}

endWhenOutputCloses();
try {
  await build().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    const message = errorLine(error);
    process.stderr.write(`noisette: ${process.argv.includes('--debug') ? `${message}\n${(error as Error).stack}` : message}\n`);
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ type: 'error', message })}\n`);
    process.exitCode = 1;
  }
}
