import type { AttemptStatus, ReasonStatus, TroubleStatus } from '../../app/tunnel/status.js'

/** A peer whose attempts are told of. */
export interface TriedPeer {
  readonly id: string
  readonly attempts?: readonly AttemptStatus[] | undefined
}

/** What is needed to tell reasons. */
export interface ReasonsParts {
  readonly peers: readonly TriedPeer[]
  /** Absent in what older versions report, as are a peer's attempts. */
  readonly troubles?: readonly TroubleStatus[] | undefined
  /** How a peer is called. */
  readonly nameOf: (id: string) => string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly span: (milliseconds: number) => string
}

/** Lines on what comes to nothing, why, and what to do about it; none if all is well. */
export function reasonsReportOf({ nameOf, now, peers, span, troubles = [] }: ReasonsParts): string[] {
  const tried = peers.flatMap(({ attempts = [], id }) =>
    attempts.map((attempt) => {
      const next = attempt.next === null ? '' : `, next attempt in ${span(Date.parse(attempt.next) - now)}`
      const when = `${span(now - Date.parse(attempt.at))} ago${next}`
      return told(`${nameOf(id)} at ${attempt.endpoint}`, attempt, when)
    }),
  )
  const others = troubles.map((trouble) => {
    const { at, peer, remote, times } = trouble
    const who = [peer === null ? [] : nameOf(peer), remote === null ? [] : `from ${remote}`].flat().join(' ')
    const count = times > 1 ? `${times} times, last ` : ''
    const when = at === null ? 'goes on' : `${count}${span(now - Date.parse(at))} ago`
    return told(who === '' ? 'this host' : who, trouble, when)
  })
  return [...tried, ...others].flat()
}

function told(who: string, { code, remedy, step, why }: ReasonStatus, when: string): string[] {
  const line = `${who}: ${why} (${step}, ${code}; ${when})`
  return remedy === null ? [line] : [line, `  ${remedy}`]
}
