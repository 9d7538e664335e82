/** Milliseconds after which something that should have happened did not. */
const PATIENCE = 20_000

/** Resolves once `happened` returns true; lets the event loop turn meanwhile. */
export async function eventually(what: string, happened: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE
  while (!happened()) {
    if (performance.now() > deadline) throw new Error(`Waited ${PATIENCE} ms in vain until ${what}`)
    await turns(1)
  }
}

/** Lets the event loop turn, so that what should not happen has the chance to. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
