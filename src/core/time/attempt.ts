/** Does work. `failed` is told what it throws at once, or rejects with later. */
export function attempt(work: () => unknown, failed: (thrown: unknown) => void): void {
  try {
    Promise.resolve(work()).catch(failed)
  } catch (thrown) {
    failed(thrown)
  }
}
