const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/
/** Milliseconds. */
const DAY = 24 * 60 * 60 * 1_000

/**
 * A date or a time of RFC 3339 in milliseconds since 1970; undefined if it is none. A date lasts to its end in UTC, and a
 * time says where it is meant.
 */
export function momentOf(text: string): number | undefined {
  if (!DATE.test(text) && !TIME.test(text)) return undefined
  const date = text.slice(0, 'YYYY-MM-DD'.length)
  const midnight = Date.parse(`${date}T00:00:00Z`)
  // What reads dates takes the 31st of February for a day in March.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(date)) return undefined
  const moment = DATE.test(text) ? midnight + DAY : Date.parse(text)
  return Number.isNaN(moment) ? undefined : moment
}

/** Whether a moment has come by `now`, in milliseconds since 1970; what is none never comes. */
export function isOver(text: string | undefined, now: number): boolean {
  const moment = text === undefined ? undefined : momentOf(text)
  return moment !== undefined && moment <= now
}
