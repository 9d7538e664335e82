let probeId = 0

/** Ids are unique within a process, so an answer tells which link was probed. 32 bits. */
export function nextProbeId(): number {
  probeId = (probeId + 1) >>> 0
  return probeId
}
