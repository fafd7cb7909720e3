/** Runs tasks of `tasks/` in a Node process of their own: for what must be set before ONNX Runtime loads, and for what may be measured only alone. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtModules, ROOT, taskPath } from './build.ts';

export interface ChildResult<T> {
  readonly value: T;
  /** Everything the process printed to stderr. */
  readonly stderr: string;
}

const MARK = '\u0000result:';

/** Calls the export `name` of `tasks/<task>.ts` in a new Node process. Argument and result travel as JSON. Throws when it fails or ends with another code than 0. */
export async function callInChild<T>(task: string, name: string, args: readonly unknown[] = [], { env = {}, flags = [] }: { env?: NodeJS.ProcessEnv; flags?: readonly string[] } = {}): Promise<ChildResult<T>> {
  const url = pathToFileURL(join(builtModules(), taskPath(task))).href;
  const code = `const task = await import(${JSON.stringify(url)}); const value = await task[${JSON.stringify(name)}](...${JSON.stringify(args)}); process.stdout.write(${JSON.stringify(MARK)} + JSON.stringify(value));`;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', code], { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, by) => resolve([code, by]));
  });
  const at = stdout.indexOf(MARK);
  if (status !== 0 || at < 0) throw new Error(`${task}.${name} ended with ${signal ?? status}:\n${stdout.slice(0, 2000)}\n${stderr.slice(-4000)}`);
  return { value: JSON.parse(stdout.slice(at + MARK.length)) as T, stderr };
}

const SOFTWARE_DRIVERS = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib/chromium-browser/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json'];

/** The environment in which Node's WebGPU finds a software GPU (Chromium's SwiftShader or Mesa's lavapipe); undefined, said loudly, when there is none. */
export function softwareGpu(what: string): NodeJS.ProcessEnv | undefined {
  const driver = SOFTWARE_DRIVERS.find((file) => existsSync(file));
  if (process.platform === 'linux' && driver) {
    return { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: [dirname(driver), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') };
  }
  console.warn(`\n*** SKIPPED: ${what}: no software Vulkan driver at ${SOFTWARE_DRIVERS.join(', ')} ***\n`);
  return undefined;
}
