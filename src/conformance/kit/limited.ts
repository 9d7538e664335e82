/** Milliseconds for what is neither a part's nor in doubt, on a busy machine. */
const LIMIT = 20_000

/** What `work` comes to; rejects if that takes too long, and says until what it waited. */
export async function limited<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${LIMIT} ms in vain until ${what}`)), LIMIT)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
