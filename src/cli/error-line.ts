/** Whatever went wrong, as one line: where, what, and the valid set. */
import type { Command, CommanderError } from 'commander';
import { whyNot } from '../app/file-access-node.ts';
import { NoisetteError } from '../core/errors.ts';

/** Throws what commander says about arguments again: with the command and what it takes instead, or as it is where help or the version was shown. */
export function usageError(error: CommanderError, command: Command): never {
  if (error.exitCode === 0 || error.code === 'commander.help') throw error;
  throw new NoisetteError(usageMessage(error.code, error.message, command));
}

function usageMessage(code: string, message: string, command: Command): string {
  // Suggestions of commander's are on lines of their own; the set of all says more.
  const what = message.split('\n')[0].replace(/^error: /, '').replaceAll(/'(-[^']*|\w+)'/g, '"$1"');
  const where = command.parent ? `${command.name()}: ` : '';
  if (code === 'commander.unknownOption') return `${where}${what}; one of ${command.options.map(({ long }) => long).join(', ')}`;
  if (code === 'commander.unknownCommand') return `${where}${what}; one of ${command.commands.map((other) => other.name()).join(', ')}`;
  if (code === 'commander.invalidArgument') return `${where}${what.replace(/ is invalid\. (.)(.*?)\.?$/, (_, first: string, rest: string) => ` is invalid: ${first.toLowerCase()}${rest}`).replace('allowed choices are', 'one of')}`;
  if (code.endsWith('Argument')) return `${where}${what}; see noisette ${command.name()} --help`;
  return where + what;
}

/** One line for an error of any kind. Lists that came on lines of their own are strung together. */
export function errorLine(error: unknown): string {
  const { message, code, syscall, path } = error as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) return `${path === undefined ? '' : `${path}: `}${whyNot(error)}`;
  return message
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .reduce((text, line) => `${text}${/[:;]$/.test(text) ? ' ' : '; '}${line}`);
}
