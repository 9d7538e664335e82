/** Timers of Node that keep the process alive, those of whatever runs the case among them. */
export function timersOfNode(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
}
