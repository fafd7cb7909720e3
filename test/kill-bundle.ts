/** Makes one plain JavaScript file of a TypeScript entry and all it imports from here, so that a child process can run it in any Node. */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Bundles `entry` (relative to the repository); returns the path of the result, inside node_modules so that packages resolve. */
export async function bundle(entry: string): Promise<string> {
  const file = join(root, 'node_modules', '.noisette-test', `${entry.replaceAll(/\W+/g, '-')}.mjs`);
  await build({
    input: join(root, entry),
    platform: 'node',
    // Packages stay where they are; #ort is an import of this package and would not be known inside node_modules.
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && id !== '#ort',
    plugins: [{ name: 'ort', resolveId: (id) => (id === '#ort' ? { id: 'onnxruntime-node', external: true } : null) }],
    output: { file, format: 'esm', codeSplitting: false },
    logLevel: 'warn',
  });
  return file;
}
