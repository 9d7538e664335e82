/** Whether `value` is a promise. Then nobody waits for it, and how it ends is nobody's matter. */
export function isUnawaited(value: unknown): boolean {
  if (typeof (value as PromiseLike<unknown> | null | undefined)?.then !== 'function') return false
  Promise.resolve(value).catch(() => {})
  return true
}
