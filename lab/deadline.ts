/** Milliseconds. Long enough for a machine at load 20, so that only what never happens fails. */
export const PATIENCE = 30_000

/** What the promise comes to, or an error that tells what was waited for in vain. */
export async function within<Value>(promise: Promise<Value>, what: string, limit = PATIENCE): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${limit} ms in vain: ${what}`)), limit)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
