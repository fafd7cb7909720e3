/** Runs tasks of `tasks/` in a real page of headless Chromium, with WebGPU on Chromium's software adapter. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { taskPath } from './build.ts';
import { startServer } from './server.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** Chromium on this machine, if there is one. */
export const browserPath = (): string | undefined => BROWSERS.find((path) => existsSync(path));

const FLAGS = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan',
];

export interface TestPage {
  /** Calls the export `name` of `tasks/<task>.ts` in the page. Argument and result travel as JSON; errors there are thrown here. */
  call<T>(task: string, name: string, ...args: readonly unknown[]): Promise<T>;
  /** What the page wrote to its console: `type: text`. */
  readonly console: readonly string[];
}

/** True when there is no browser; says so loudly. */
export function lacksBrowser(what: string): boolean {
  if (browserPath()) return false;
  console.warn(`\n*** SKIPPED: ${what}: no Chromium at ${BROWSERS.join(', ')} ***\n`);
  return true;
}

/** Opens a fresh browser and page, calls `use`, and closes both again, whatever happens. */
export async function withPage<T>(use: (page: TestPage) => Promise<T>): Promise<T> {
  const executablePath = browserPath();
  if (!executablePath) throw new Error('no Chromium here; guard the test with lacksBrowser()');
  const server = await startServer();
  const browser = await chromium.launch({ executablePath, args: FLAGS }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  try {
    const page = await browser.newPage();
    const lines: string[] = [];
    page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => lines.push(`pageerror: ${error.message}`));
    await page.goto(server.url);
    return await use({
      console: lines,
      async call(task, name, ...args) {
        // As text: the test runner rewrites import() in functions.
        const call = `import(${JSON.stringify(`/build/${taskPath(task)}`)}).then((task) => task[${JSON.stringify(name)}](...${JSON.stringify(args)})).then((value) => JSON.stringify(value))`;
        return JSON.parse(await page.evaluate<string>(call));
      },
    });
  } finally {
    await browser.close();
    await server.close();
  }
}
