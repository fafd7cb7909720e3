/**
 * One idea a file: `node scripts/check-sizes.mjs`. A TypeScript file may have 300 lines; a longer one must say why in the comment that opens it, in a
 * sentence with the words "longer than 300 lines". Every file that is no test opens with such a comment, and is named in kebab-case.
 */
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { root, sourceFiles } from './source-files.mjs';

const MOST = 300;
const FOLDERS = ['src', 'test', 'bench', 'runs', 'examples', 'studio', 'scripts'];

/** The comment that opens a file, after a line that names its interpreter. */
const headOf = (text) => /^(?:#!.*\n)?(\/\*\*?[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[1];

const problems = [];
const lengths = [];
for (const file of FOLDERS.flatMap((folder) => sourceFiles(folder))) {
  const text = readFileSync(file, 'utf8');
  const name = relative(root, file);
  const lines = text.split('\n').length - 1;
  const head = headOf(text);
  const test = /\.test\.tsx?$/.test(file);
  if (!test) lengths.push([lines, name]);
  if (lines > MOST && !/longer than 300 lines/i.test(head ?? '')) problems.push(`${name}: ${lines} lines, more than ${MOST}; take it apart, or open it with a comment that says why it is longer than 300 lines`);
  if (!head && !test) problems.push(`${name}: must open with a comment: what it computes, the formula, its source`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)+$/.test(basename(file))) problems.push(`${name}: must be named in kebab-case`);
  if (/(^|[-.])(utils?|helpers?|misc)\./.test(basename(file))) problems.push(`${name}: must be named after its idea`);
}
lengths.sort(([a], [b]) => a - b);

for (const problem of problems) console.error(problem);
const [median, [longest, longestName]] = [lengths[Math.floor(lengths.length / 2)][0], lengths.at(-1)];
console.log(`sizes: ${lengths.length} files and their tests, half of them up to ${median} lines, the longest ${longest} (${longestName}); ${problems.length} against the rules`);
process.exitCode = problems.length > 0 ? 1 : 0;
