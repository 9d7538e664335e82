/** Does work. Calls `failed` with what it throws, or rejects with later. */
export function attempt(work: () => unknown, failed: (thrown: unknown) => void): void {
  try {
    Promise.resolve(work()).catch(failed)
  } catch (thrown) {
    failed(thrown)
  }
}
