/**
 * Tells real GPUs from software ones, which compute correctly but slower than the CPU they run on: SwiftShader, Mesa's llvmpipe and lavapipe,
 * Microsoft's WARP. A page asks the adapter itself; Node's WebGPU has no such question, so there the system's drivers are looked at.
 */
import { builtin } from './ort.ts';

const SOFTWARE = /swiftshader|lavapipe|llvmpipe|\blvp|swrast|softpipe|basic render|basic display|remote display|hyper-v video|warp/i;

/** Whether the name of an adapter, of a Windows display device or of a Vulkan driver file is a software renderer's. */
export const isSoftwareName = (name: string): boolean => SOFTWARE.test(name);

/** What a machine has for WebGPU. */
export type Adapter = 'real' | 'software' | 'none';

/** In a page: the default adapter of `navigator.gpu`. */
export async function browserAdapter(): Promise<Adapter> {
  const gpu = (globalThis.navigator as { gpu?: { requestAdapter(): Promise<PageAdapter | null> } } | undefined)?.gpu;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return 'none';
  const { vendor = '', architecture = '', device = '', description = '', isFallbackAdapter } = adapter.info ?? {};
  const fallback = isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  return fallback || isSoftwareName([vendor, architecture, device, description].join(' ')) ? 'software' : 'real';
}
interface PageAdapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly device?: string; readonly description?: string; readonly isFallbackAdapter?: boolean };
}

/** In Node: by operating system. */
export function nodeAdapter(): Adapter {
  if (process.platform === 'darwin') return 'real'; // Metal has no software device.
  if (process.platform === 'win32') return windowsAdapter(windowsDisplays());
  return linuxAdapter(linuxVulkan());
}

export const windowsAdapter = (displays: readonly string[]): Adapter => (displays.some((name) => !isSoftwareName(name)) ? 'real' : 'software');

/** Names of the display adapters that Windows has drivers for. */
function windowsDisplays(): string[] {
  const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}';
  try {
    return parseRegistry(builtin('process').execFileSync('reg', ['query', key, '/s', '/v', 'DriverDesc'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return [];
  }
}

/** The values in the output of `reg query`: lines of `name  type  value`. */
export const parseRegistry = (output: string): string[] => [...output.matchAll(/^\s+DriverDesc\s+REG_SZ\s+(.+?)\s*$/gm)].map((match) => match[1]);

export interface LinuxVulkan {
  /** Whether libvulkan.so.1, which Dawn opens, can be found. */
  readonly loader: boolean;
  /** Vulkan driver manifests in use. */
  readonly drivers: readonly string[];
  /** Device files of GPUs. */
  readonly devices: readonly string[];
}

export function linuxAdapter({ loader, drivers, devices }: LinuxVulkan): Adapter {
  if (!loader || drivers.length === 0) return 'none';
  return devices.length > 0 && drivers.some((file) => !isSoftwareName(file)) ? 'real' : 'software';
}

/** Looks where the Vulkan loader looks (LoaderDriverInterface.md of Vulkan-Loader). */
function linuxVulkan(): LinuxVulkan {
  const fs = builtin('fs');
  const path = builtin('path');
  const list = (folder: string): string[] => {
    try {
      return fs.readdirSync(folder).map((name) => path.join(folder, name));
    } catch {
      return [];
    }
  };
  const { env } = process;
  const home = env.HOME ?? '/';
  const split = (paths: string | undefined): string[] => (paths ?? '').split(':').filter((p) => p !== '');
  const given = split(env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES);
  const folders = [
    ...split(env.XDG_CONFIG_HOME ?? path.join(home, '.config')), ...split(env.XDG_CONFIG_DIRS ?? '/etc/xdg'), '/etc',
    ...split(env.XDG_DATA_HOME ?? path.join(home, '.local/share')), ...split(env.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share'), '/run/opengl-driver/share',
  ].map((folder) => path.join(folder, 'vulkan', 'icd.d'));
  const drivers = given.length > 0 ? given.filter((file) => fs.existsSync(file)) : folders.flatMap(list).filter((file) => file.endsWith('.json'));
  return {
    loader: split(env.LD_LIBRARY_PATH).some((folder) => fs.existsSync(path.join(folder, 'libvulkan.so.1'))) || inLoaderCache(fs, 'libvulkan.so.1'),
    drivers: [...drivers, ...split(env.VK_ADD_DRIVER_FILES)],
    devices: [...list('/dev/dri').filter((file) => /renderD\d+$/.test(file)), ...['/dev/nvidiactl', '/dev/dxg'].filter((file) => fs.existsSync(file))],
  };
}

/** Whether the dynamic loader knows a library; its cache holds the names as plain text. Without a cache (musl) the usual folders are tried. */
function inLoaderCache(fs: typeof import('node:fs'), library: string): boolean {
  try {
    return fs.readFileSync('/etc/ld.so.cache').includes(library);
  } catch {
    return ['/lib', '/usr/lib', '/usr/local/lib'].some((folder) => fs.existsSync(`${folder}/${library}`));
  }
}
