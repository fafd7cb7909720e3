/**
 * Holds the layers of docs/architecture.md: `node scripts/check-layers.mjs`. An import that the table below does not allow fails, with its file and line.
 *
 * `sees` lists the folders that a folder may import besides itself: only lower levels (the table is checked against its own levels, so siblings
 * cannot see each other). `packages` lists what it may take from node_modules. Built-in modules of Node belong into files that say so by their
 * name, `*-node.ts` and `node.ts`; other files may not import those either, so that everything else runs in a page. Types are no imports there.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { root, sourceFiles } from './source-files.mjs';

const L1 = ['graph', 'diffusion', 'formats', 'text'];
const L2 = ['runtime', 'nn', 'data'];
const L4 = ['train', 'generate', 'evaluate', 'interop'];

/** Folders of src/; '.' is the façade. `node`: files that are for Node without a name that says so. */
const TABLE = {
  core: { level: 0, sees: [] },

  graph: { level: 1, sees: ['core'] },
  diffusion: { level: 1, sees: ['core'] },
  formats: { level: 1, sees: ['core'], packages: ['fflate', 'gifenc'] },
  text: { level: 1, sees: ['core'] },

  runtime: { level: 2, sees: ['core', 'graph'], packages: ['#ort', 'onnxruntime-node', 'onnxruntime-web'] },
  nn: { level: 2, sees: ['core', 'graph'] },
  data: { level: 2, sees: ['core', 'formats'], nodePackages: ['sharp'] },

  models: { level: 3, sees: ['core', 'graph', 'formats', 'nn'] },

  train: { level: 4, sees: ['core', ...L1, ...L2, 'models'] },
  generate: { level: 4, sees: ['core', ...L1, ...L2, 'models'] },
  evaluate: { level: 4, sees: ['core', ...L1, ...L2, 'models'] },
  interop: { level: 4, sees: ['core', 'formats', 'nn', 'models'] },

  app: { level: 5, sees: ['core', ...L1, ...L2, 'models', ...L4], packages: ['zod'] },
  '.': { level: 6, sees: ['core', ...L1, ...L2, 'models', ...L4, 'app'], node: /^index\.ts$/ },
  server: { level: 6, sees: ['core', ...L1, ...L2, 'models', ...L4, 'app'] },
  cli: { level: 6, sees: ['core', ...L1, ...L2, 'models', ...L4, 'app'], packages: ['commander'], node: /./ },
};

/** Folders beside src/ that use the package as everybody does: `noisette/…`, never a path into src/. */
const OUTSIDERS = ['studio', 'examples'];

/** Tests beside the source keep to the directions, but may use Node, the fixtures in test/, and other programs to compare with. */
const isTest = (file) => /\.(test|cases)\.ts$/.test(file);
const isForNode = (file) => /(^|-)node\.ts$/.test(basename(file)) || TABLE[folderOf(file)]?.node?.test(basename(file)) === true;

const src = join(root, 'src');
const folderOf = (file) => (dirname(file) === src ? '.' : relative(src, file).split(sep)[0]);

/** Static imports and re-exports begin a line here; `import('…')` may stand anywhere, and is a type after `typeof`. */
function importsOf(text) {
  const found = [];
  for (const { index, 1: clause, 2: target } of text.matchAll(/^(?:import|export)\s([^;'"`]*?\sfrom\s*)?'([^']+)'/gm)) {
    found.push({ index, target, typeOnly: /^type\s/.test(clause ?? '') });
  }
  for (const { index, 1: typeOf, 2: target } of text.matchAll(/(\btypeof\s+)?\bimport\(\s*'([^']+)'\s*\)/g)) found.push({ index, target, typeOnly: typeOf !== undefined });
  return found.map(({ index, ...rest }) => ({ ...rest, line: text.slice(0, index).split('\n').length }));
}

const packageOf = (target) => (target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target.split('/')[0]);

/** Why the import is not allowed; undefined if it is. */
function complaint(file, { target, typeOnly }) {
  const folder = folderOf(file);
  const row = TABLE[folder];
  if (row === undefined) return `the folder src/${folder} is in no layer; add it to the table in scripts/check-layers.mjs`;
  const test = isTest(file);
  const forNode = isForNode(file) || test;

  if (target.startsWith('.')) {
    const to = resolve(dirname(file), target);
    if (!to.startsWith(src + sep)) return test && to.startsWith(join(root, 'test') + sep) ? undefined : `leaves src/`;
    const seen = folderOf(to);
    if (seen !== folder && !row.sees.includes(seen)) return `${folder} may not see ${seen}; it sees ${row.sees.join(', ') || 'nothing'}`;
    if (isForNode(to) && !forNode && !typeOnly) return `is for Node only; ${relative(root, file)} must run in a page too (or be named *-node.ts)`;
    if (isTest(to) && !test) return 'is a test';
    return undefined;
  }
  if (target.startsWith('node:')) return forNode || typeOnly ? undefined : `only files named *-node.ts may import Node's modules`;
  if (test) return undefined;
  const name = packageOf(target);
  const allowed = [...(row.packages ?? []), ...(isForNode(file) ? row.nodePackages ?? [] : [])];
  return allowed.includes(name) ? undefined : `${folder} may not import the package ${name}; it may import ${allowed.join(', ') || 'none'}`;
}

const problems = [];
for (const [folder, { level, sees }] of Object.entries(TABLE)) {
  for (const other of sees) if (TABLE[other].level >= level) problems.push(`table: ${folder} (level ${level}) may not see ${other} (level ${TABLE[other].level})`);
}
let [files, imports] = [0, 0];
for (const file of sourceFiles('src')) {
  files++;
  for (const found of importsOf(readFileSync(file, 'utf8'))) {
    imports++;
    const why = complaint(file, found);
    if (why) problems.push(`${relative(root, file)}:${found.line}: ${found.target}: ${why}`);
  }
}
for (const folder of OUTSIDERS) {
  for (const file of sourceFiles(folder)) {
    for (const { target, line } of importsOf(readFileSync(file, 'utf8'))) {
      if (target.startsWith('.') && resolve(dirname(file), target).startsWith(src + sep)) problems.push(`${relative(root, file)}:${line}: ${target}: ${folder}/ uses the package: noisette/…`);
    }
  }
}

for (const problem of problems) console.error(problem);
console.log(`layers: ${imports} imports of ${files} files, ${problems.length} against the table`);
process.exitCode = problems.length > 0 ? 1 : 0;
