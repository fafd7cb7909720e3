/** A local server for test pages: one blank page, the compiled modules, and ONNX Runtime's files, cross-origin isolated (WASM threads need it). */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { builtModules, ROOT } from './build.ts';

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const ORT = '/node_modules/onnxruntime-web/dist';

/** What the conditions "browser" and "import" of the package files resolve to. */
const IMPORTS = {
  '#ort': `${ORT}/ort.webgpu.bundle.min.mjs`,
  'onnxruntime-web/webgpu': `${ORT}/ort.webgpu.bundle.min.mjs`,
  'onnxruntime-web/wasm': `${ORT}/ort.wasm.bundle.min.mjs`,
  fflate: '/node_modules/fflate/esm/browser.js',
};
const PAGE = `<!doctype html><meta charset="utf-8"><title>Noisette</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const roots: Readonly<Record<string, string>> = { '/build/': builtModules(), '/node_modules/': join(ROOT, 'node_modules') };
  const server = createServer((request, response) => {
    const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp', 'Cache-Control': 'no-store' };
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/') {
      response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end(PAGE);
      return;
    }
    const prefix = Object.keys(roots).find((p) => pathname.startsWith(p));
    const file = prefix && normalize(join(roots[prefix], decodeURIComponent(pathname.slice(prefix.length))));
    if (!prefix || !file || !file.startsWith(roots[prefix] + sep) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404, headers).end(`no ${pathname}`);
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Length': statSync(file).size });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
