/** The three forms of RFC 9110 section 5.6.7, all of which are UTC though the last one does not say so. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w -]+ \d\d:\d\d:\d\d (?:GMT|\d{4})$/

/** The milliseconds that a header Retry-After asks for, as seconds or a date (RFC 9110 section 10.2.3); undefined if it says neither. */
export function retryAfter(header: string | undefined, wall: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  if (!HTTP_DATE.test(header)) return undefined // Date.parse finds a date in '1.5', and in any word before a number
  const date = Date.parse(header.endsWith(' GMT') ? header : `${header} GMT`)
  return Number.isNaN(date) ? undefined : Math.max(0, date - wall)
}
