/** How each side of a comparison is started: Noisette in a Node process of its own, PyTorch in a Python process. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkConfig } from './configs.ts';
import type { Command } from './worker.ts';

export type Kind = 'train-step' | 'sample-step';

/** What a worker is told on its command line, as JSON. */
export interface WorkerOptions {
  readonly kind: Kind | 'sgemm';
  readonly threads: number;
  readonly config?: NetworkConfig;
  readonly batch?: number;
  readonly layout?: string;
  readonly size?: number;
}

export const LAYOUTS = ['contiguous', 'channels_last'] as const;

const here = dirname(fileURLToPath(import.meta.url));

export const oursCommand = (options: WorkerOptions): Command => ({
  file: process.execPath,
  args: [join(here, 'ours-worker.js'), JSON.stringify(options)],
});

export interface PyTorch {
  readonly python: string;
  readonly version: string;
  /** Folders with shared libraries that should win over the system's, such as an OpenBLAS. */
  readonly libraries?: string;
}

export const INSTALL_PYTORCH =
  'PyTorch was not found, so only this side is measured. On Debian or Ubuntu: sudo apt install python3-torch libopenblas0-openmp\n' +
  '(Debian\'s PyTorch alone brings a BLAS some 30 times slower; the benchmark then sends its matrix products through oneDNN.)';

/** PyTorch under the given Python, or undefined where it cannot be imported. */
export function findPyTorch(python: string, libraries?: string): PyTorch | undefined {
  try {
    const version = execFileSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return { python, version: version.trim(), libraries };
  } catch {
    return undefined;
  }
}

export function pytorchCommand({ python, libraries }: PyTorch, options: WorkerOptions): Command {
  const script = join(scripts(), `${options.kind.replace('-', '_')}.py`);
  const path = [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { file: python, args: [script, JSON.stringify(options)], env: { OMP_NUM_THREADS: String(options.threads), ...(path && { LD_LIBRARY_PATH: path }) } };
}

/** The Python files stay in the source tree; this module runs from there or from the folder it was compiled to. */
function scripts(): string {
  for (let folder = here; ; folder = dirname(folder)) {
    const found = join(folder, 'pytorch');
    if (existsSync(join(found, 'unet.py'))) return found;
    if (folder === dirname(folder)) throw new Error(`bench: no folder pytorch/ above ${here}; run the benchmarks inside the repository`);
  }
}
