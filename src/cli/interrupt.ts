/** Ctrl-C, SIGTERM, a closed terminal (SIGHUP): the first asks the command to save and end, the second ends at once. */

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Exit code of a command that was interrupted, as shells count: 128 + the signal's number. 0: it was not. */
  exitCode(): number;
  release(): void;
}

/** @param onFirst told once, so that the user knows that the first Ctrl-C was heard */
export function onInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
  let code = 0;
  const handle = (name: NodeJS.Signals): void => {
    const number = 128 + numbers[name as keyof typeof numbers];
    if (code) {
      // Below whatever stands in the terminal's last line.
      if (process.stderr.isTTY) process.stderr.write('\n');
      process.exit(number);
    }
    code = number;
    onFirst();
    controller.abort(new DOMException(`interrupted by ${name}`, 'AbortError'));
  };
  for (const name of Object.keys(numbers)) process.on(name, handle);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => Object.keys(numbers).forEach((name) => process.off(name, handle)),
  };
}
