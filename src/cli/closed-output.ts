/** When whoever reads the output stops reading (`noisette train --json | head`), the command saves and ends as if it were asked to. */

/** Turns the first failed write into SIGTERM's handlers; without any, the process ends. */
export function endWhenOutputCloses(): void {
  let closed = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (closed) return;
      closed = true;
      if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(0);
    });
  }
}
