/**
 * Whether `now` is what a process leaves that is stopped while it puts one text in the place of another: it writes from the
 * first byte on, and shortens the file to the new length at last.
 */
export function isCut(now: Buffer, from: Buffer, to: Buffer): boolean {
  const written = commonStart(now, to)
  if (written === now.length && (now.length >= from.length || now.length === to.length)) return true
  return now.length === from.length && commonEnd(now, from) + written >= now.length
}

/** Bytes that two texts begin with. */
function commonStart(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length)
  let count = 0
  while (count < most && one[count] === other[count]) count++
  return count
}

/** Bytes that two texts of one length end with. */
function commonEnd(one: Buffer, other: Buffer): number {
  let count = 0
  while (count < one.length && one[one.length - 1 - count] === other[other.length - 1 - count]) count++
  return count
}
