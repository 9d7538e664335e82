import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Logger } from '../../../src/core/api/logger.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { TransportSettings } from '../../../src/core/settings/transport-settings.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { handMadeServer } from '../../support/hand-made-server.js'
import { type FrontOptions, startFront } from '../../support/http/front.js'
import { limitedWait, patient } from '../../support/streams/dial-wait.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const TRIED_AGAIN = 600_000

describe('WebSocketTransport with http-fallback', () => {
  it('goes on by posts where Upgrade is stripped, says so, and begins with a WebSocket again after 10 min', async () => {
    const { asked, dial, front, log, clock, received } = await stripped()
    const link = await dial()
    expect(link.remote).toBe(front.href.replace('ws:', 'http:'))
    link.send([Uint8Array.of(7)])
    await eventually('it carries', () => received.marks, [7])
    await link.close()
    expect(log).toEqual([
      [
        'no WebSocket passes: going on by posts',
        {
          endpoint: front.href,
          instead: link.remote,
          why: expect.stringMatching(/: the server answered 4\d\d /),
        },
      ],
    ])
    expect(asked.filter((method) => method === 'GET')).toHaveLength(1)
    clock.advance(TRIED_AGAIN - 1)
    const again = await dial()
    expect(again.remote).toMatch(/^http:/)
    await again.close()
    expect(asked.filter((method) => method === 'GET')).toHaveLength(1)
    clock.advance(1)
    expect((await dial()).remote).toMatch(/^http:/)
    expect(asked.filter((method) => method === 'GET')).toHaveLength(2)
  })

  it('says why no WebSocket passed if no post does, and tries one first the next time', async () => {
    const { asked, dial, front } = await stripped({ refuses: true })
    for (const times of [1, 2]) {
      await expect(dial()).rejects.toThrow(`Cannot dial ${front.href}: the server answered 405`)
      expect(asked).toHaveLength(2 * times)
      expect(asked.slice(-2)).toEqual(['GET', 'POST'])
    }
  })

  it('goes on by posts, too, where what lost its Upgrade is answered by a web page', async () => {
    const page = { status: 200, headers: { 'content-type': 'text/html' } }
    const { dial, log } = await stripped({ upgrade: page })
    expect((await dial()).remote).toMatch(/^http:/)
    expect(JSON.stringify(log)).toMatch(/a login page seems to be in the way/)
  })

  it('does nothing of that unless it is told to', async () => {
    const { asked, dial } = await stripped({ httpFallback: false })
    await expect(dial()).rejects.toThrow(/: the server answered 4/)
    expect(asked).toEqual(['GET'])
  })

  it('does nothing of that any more once a reload says so', async () => {
    const { asked, dial, transport } = await stripped()
    await (await dial()).close()
    const groups = { websocket: { httpFallback: false } }
    ;(await transport.renewal({ localPort: 0, groups })).apply()
    await expect(dial()).rejects.toThrow(/: the server answered 4/)
    expect(asked).toEqual(['GET', 'POST', 'GET'])
  })

  it('begins with posts after something kept the upgrade for itself', async () => {
    const clock = new VirtualClock()
    const silent = await handMadeServer(() => {})
    afterTest(() => silent.close())
    const transport = transportOf({ clock })
    const endpoint = new URL(`ws://127.0.0.1:${silent.port}/tunnel`)
    for (const method of ['GET', 'POST', 'GET']) {
      const wait = limitedWait(clock, endpoint)
      const dialling = transport.dial(endpoint, new Recorder(), wait)
      const told = expect(dialling).rejects.toThrow(/did not answer/)
      await eventually('it is asked', () => silent.received.at(-1)?.startsWith(`${method} `))
      clock.advance(10_000)
      await told
      wait.end()
    }
  })
})

/** A listener behind a front end that strips Upgrade, and what dials it. */
async function stripped({
  refuses = false,
  httpFallback = true,
  upgrade = undefined as ReturnType<NonNullable<FrontOptions['judge']>>,
} = {}) {
  const clock = new VirtualClock()
  const received = new Recorder()
  const behind = new WebSocketTransport({ localPort: 0 }, testParts())
  const listener = await behind.listen(new URL('ws://127.0.0.1:0/tunnel'), received)
  afterTest(() => listener.close())
  const asked: (string | undefined)[] = []
  const front = await startFront(listener.endpoint, {
    judge({ method }, body) {
      if (method === 'GET' || body[1] === 1) asked.push(method) // the second byte of an open is 1
      if (method === 'GET' && upgrade !== undefined) return upgrade
      return refuses ? { status: 405 } : undefined
    },
  })
  const log: unknown[][] = []
  const transport = transportOf({ clock, httpFallback, info: (...line) => log.push(line) })
  const dial = async () => {
    const link = await transport.dial(front, new Recorder(), patient())
    afterTest(() => link.close())
    return link
  }
  return { asked, clock, dial, front, log, received, transport }
}

function transportOf({
  clock,
  httpFallback = true,
  info = () => {},
}: {
  clock: VirtualClock
  httpFallback?: boolean
  info?: Logger['info']
}) {
  const settings: TransportSettings & { websocket: { httpFallback: boolean } } = {
    localPort: 0,
    websocket: { httpFallback },
  }
  return new WebSocketTransport(settings, testParts({ clock, log: { ...silentLogger, info } }))
}
