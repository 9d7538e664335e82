import { describe, expect, it } from 'vitest'
import type { Link } from '../../../src/core/api/transport.js'
import { LinkLifecycle } from '../../../src/transports/streams/link-lifecycle.js'

const LINK = {} as Link

/** A lifecycle, what happens in it in order, and the end of its carrier. */
function living() {
  const noted: string[] = []
  const note = (what: string) => () => void noted.push(what)
  const life = new LinkLifecycle({
    handlers: {
      receive: note('receive'),
      drained: note('drained'),
      closed: (_link, error) => noted.push(`closed: ${error?.message}`),
      failed: note('failed'),
    },
    unauthenticated: { from: note('from'), closedBy: note('closedBy'), settle: note('settle') },
    gone: note('gone'),
  })
  let vanish = () => {}
  const carrier = (what: string) => () => {
    noted.push(`${what}, open: ${life.isOpen}`)
    return new Promise<void>((resolve) => {
      vanish = resolve
    })
  }
  return { life, noted, carrier, vanish: () => vanish() }
}

describe('the life of a link', () => {
  it('ends once, and nobody is told where its user ends it', async () => {
    const { life, noted, carrier, vanish } = living()
    const closing = life.close(carrier('goodbye'))
    expect(life.close(carrier('again'))).toBe(closing)
    life.end(LINK, new Error('late'), carrier('cut'))
    expect(noted).toEqual(['settle', 'gone', 'goodbye, open: false'])
    vanish()
    await closing
  })

  it('is told to be over, once, where the remote ends it', async () => {
    const { life, noted, carrier, vanish } = living()
    life.end(LINK, new Error('reset'), carrier('cut'))
    life.end(LINK, undefined, carrier('again'))
    const closing = life.close(carrier('goodbye'))
    expect(noted).toEqual(['settle', 'gone', 'cut, open: false', 'closed: reset'])
    vanish()
    await closing
  })

  it('goes on where it proves to be known', () => {
    const { life, noted } = living()
    life.authenticated()
    expect([life.isOpen, ...noted]).toEqual([true, 'settle'])
  })
})
