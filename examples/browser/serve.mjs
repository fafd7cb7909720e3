/**
 * Serves this page and the packages it imports, as they lie on the disk: `npm run build && node examples/browser/serve.mjs`. There is no bundler; the import map
 * in index.html says where each name is.
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve, sep } from 'node:path';

const PORT = Number(process.env.PORT ?? 8080);
const HERE = import.meta.dirname;
const NOISETTE = dirname(createRequire(import.meta.url).resolve('noisette/package.json'));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

/** The folder of a package, as Node would find it from Noisette's. */
function packageFolder(name) {
  if (name === 'noisette') return NOISETTE;
  for (let folder = NOISETTE; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(found)) return found;
    if (folder === dirname(folder)) return undefined;
  }
}

/** `/packages/NAME/FILE` from the packages, everything else from this folder; undefined when it is not there. */
function fileFor(path) {
  const [, name, file] = /^\/packages\/([\w.-]+)\/(.+)$/.exec(path) ?? [];
  const root = name ? packageFolder(name) : HERE;
  if (!root) return undefined;
  const found = resolve(root, file ?? (path === '/' ? 'index.html' : path.slice(1)));
  return found.startsWith(root + sep) && existsSync(found) && statSync(found).isFile() ? found : undefined;
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const file = fileFor(decodeURIComponent(pathname));
  if (!file) return response.writeHead(404).end(`no ${pathname}`);
  response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Cache-Control': 'no-cache' });
  createReadStream(file).pipe(response);
});
server.listen(PORT, '127.0.0.1', () => console.log(`http://localhost:${server.address().port}/`));
