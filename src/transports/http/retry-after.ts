/** The milliseconds that a header Retry-After asks for, as seconds or a date (RFC 9110 section 10.2.3); undefined if it says neither. */
export function retryAfter(header: string | undefined, wall: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - wall)
}
