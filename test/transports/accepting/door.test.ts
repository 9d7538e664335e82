import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { ThrottledWarnings } from '../../../src/core/api/throttled-warnings.js'
import {
  type Accepted,
  type AcceptedLink,
  CLOSE_LIMIT,
  Door,
  PAUSE,
} from '../../../src/transports/accepting/door.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'
import { KeptLog } from '../../host/parts.js'
import { afterTest } from '../../support/after-test.js'
import { eventually, turns } from '../../support/eventually.js'
import { deadLink } from '../../support/links.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

const SHORTAGE = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' })
/** Milliseconds after which others are served at the latest. */
const SOON = 100

for (const { way, native } of STREAM_WAYS) {
  describe(`Door ${way}`, () => {
    it('destroys a connection of which the handler threw, and serves the next one within 100 ms', async () => {
      const lab = await open({ native })
      lab.enter = () => {
        throw new Error('broken')
      }
      const first = await lab.connect()
      await once(first, 'close')
      expect(lab.unauthenticatedLinks.size).toBe(0)
      lab.enter = ({ socket }) => socket.end('served')
      const begun = performance.now()
      expect(await said(await lab.connect())).toBe('served')
      expect(performance.now() - begun).toBeLessThan(SOON)
      expect(lab.warnings()).toEqual(['an error of this program ended a connection that was accepted'])
      expect(lab.failures).toEqual([])
    })

    it('destroys a connection of which an event threw, or a promise was rejected', async () => {
      const lab = await open({ native })
      lab.enter = ({ socket, cut }) => {
        socket.on('data', (bytes) =>
          lab.door.guard(cut, () => {
            if (bytes[0] === 1) throw new Error('broken')
            return Promise.reject(new Error('broken later'))
          }),
        )
      }
      for (const byte of [1, 2]) {
        const client = await lab.connect()
        client.write(Uint8Array.of(byte))
        await once(client, 'close')
      }
    })

    it('tells once a minute that descriptors run short, whoever ran short of them', async () => {
      const lab = await open({ native })
      lab.enter = () => {
        throw SHORTAGE
      }
      for (let times = 0; times < 3; times++) {
        await once(await lab.connect(), 'close')
        lab.clock.advance(PAUSE)
      }
      expect(lab.warnings()).toEqual([expect.stringMatching(/^descriptors run short/)])
      lab.clock.advance(60_000)
      await once(await lab.connect(), 'close')
      expect(lab.warnings()).toHaveLength(2)
    })

    it('lets a newcomer take the place of who proved nothing where few descriptors are left', async () => {
      const lab = await open({ native })
      const entered: Accepted[] = []
      lab.enter = (accepted) => void entered.push(accepted)
      const first = await lab.connect()
      await eventually('the first is in', () => entered.length, 1)
      lab.free = 7
      const second = await lab.connect()
      await once(first, 'close')
      await eventually('the second is in', () => entered.length, 2)
      expect([second.closed, lab.unauthenticatedLinks.closed.crowded]).toEqual([false, 1])
      expect(lab.warnings()).toHaveLength(1)
    })

    it('closes in bounded time, whatever its links and their connections do', async () => {
      const lab = await open({ native })
      lab.enter = () => {}
      const client = await lab.connect()
      await eventually('it is in', () => lab.unauthenticatedLinks.size, 1)
      let cuts = 0
      const stuck: AcceptedLink = Object.assign(deadLink(), {
        close: () => new Promise<void>(() => {}),
        cut: () => void cuts++,
      })
      let closed = false
      const closing = lab.door.close(new Set([stuck])).then(() => {
        closed = true
      })
      await turns()
      lab.clock.advance(1_999)
      await turns()
      expect(closed).toBe(false)
      lab.clock.advance(1)
      await closing
      expect(cuts).toBe(1)
      if (!client.closed) await once(client, 'close')
    })
  })
}

const bare = STREAM_WAYS.find((way) => way.native !== undefined)?.native

describe.skipIf(bare === undefined)('Door, while no descriptor is left', () => {
  it('leaves who comes with the kernel, and takes them in a moment later', async () => {
    const lab = await open({ native: bare })
    lab.free = 0
    await once(await lab.connect(), 'close') // there is nobody whose place it could take
    const waiting = await lab.connect()
    await turns(50)
    expect([waiting.closed, lab.unauthenticatedLinks.size]).toEqual([false, 0])
    lab.free = 100
    lab.enter = ({ socket }) => socket.end('served')
    lab.clock.advance(PAUSE)
    expect(await said(waiting)).toBe('served')
  })

  it('pauses again and again, and closes within a pause', async () => {
    const lab = await open({ native: bare })
    lab.free = 0
    for (let times = 0; times < 3; times++) {
      await once(await lab.connect(), 'close')
      lab.clock.advance(PAUSE)
    }
    await once(await lab.connect(), 'close')
    await lab.door.close(new Set())
    expect(lab.clock.pending).toBe(0)
    const late = net.connect(lab.port, '127.0.0.1')
    const [error] = await once(late, 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  })
})

async function open(parts: Parameters<typeof testParts>[0]) {
  const clock = new VirtualClock()
  const log = new KeptLog()
  const unauthenticatedLinks = new UnauthenticatedLinks(clock)
  const handlers = new Recorder()
  const lab = {
    clock,
    unauthenticatedLinks,
    free: 100,
    enter: (_accepted: Accepted): void => {},
    failures: handlers.failures,
    warnings: () => log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message),
  }
  const shared = testParts({
    ...parts,
    ...{ clock, unauthenticatedLinks, warnings: new ThrottledWarnings(log) },
    descriptors: { free: () => lab.free },
  })
  const sourceOf = () => Uint8Array.of(127, 0, 0, 1)
  const { door, bound } = await Door.open(new URL('tcp://127.0.0.1:0'), {
    ...{ handlers, shared, sourceOf },
    enter: (accepted) => lab.enter(accepted),
  })
  afterTest(async () => {
    const closed = door.close(new Set())
    await turns()
    clock.advance(2 * CLOSE_LIMIT)
    await closed
  })
  const port = Number(bound.port)
  const connect = async () => {
    const client = net.connect(port, '127.0.0.1')
    afterTest(() => client.destroy())
    let text = ''
    client
      .on('error', () => {})
      .on('data', (bytes) => {
        text += bytes
      })
    await once(client, 'connect')
    return Object.assign(client, { text: () => text })
  }
  return Object.assign(lab, { door, port, connect })
}

/** All that the server said until it closed the connection. */
async function said(client: net.Socket & { text(): string }): Promise<string> {
  if (!client.closed) await once(client, 'close')
  return client.text()
}
