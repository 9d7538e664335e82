import { constants } from 'node:os'
import { beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import type { Transport } from '../../../src/core/api/transport.js'
import type { OptionGroups } from '../../../src/core/settings/option-groups.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { openDescriptors } from '../../../src/native/process/descriptors.js'
import type { NativeStreamParts } from '../../../src/transports/streams/native-stream-parts.js'
import type { StreamParts } from '../../../src/transports/streams/stream-parts.js'
import {
  DEFAULT_UNAUTHENTICATED_LIMITS,
  UnauthenticatedLinks,
} from '../../../src/transports/streams/unauthenticated-links.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { nativeMissing } from '../../support/native-missing.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

/** What the kernel answers where no descriptor is left. */
const { EMFILE } = constants.errno

let tls: OptionGroups['tls']

describeWhere(['program openssl'], 'a listener', () => {
  beforeAll(() => {
    const authority = new TestAuthority()
    tls = { ca: authority.ca, ...authority.issue('127.0.0.1') }
  })

  for (const scheme of ['tcp', 'ws', 'wss']) {
    for (const { way, native } of STREAM_WAYS) {
      it(`over ${scheme} ${way} ends a link of which the receiver throws, and serves others`, async () => {
        const received = new Recorder()
        const receive = received.receive.bind(received)
        received.receive = (link, datagrams) => {
          if (datagrams[0]![0] === 1) throw new Error('broken')
          receive(link, datagrams)
        }
        const { dial, unauthenticatedLinks } = await listen(scheme, { native }, received)
        const first = await dial()
        first.link.send([Uint8Array.of(1)])
        await eventually('the first is told of its end', () => first.heard.ends.length, 1)
        await eventually('it counts no longer', () => unauthenticatedLinks.size, 0)
        expect(received.ends.map(({ error }) => error?.message)).toEqual(['broken'])
        const second = await dial()
        second.link.send([Uint8Array.of(2)])
        await eventually('the second is heard', () => received.marks, [2])
      })
    }

    it.skipIf(nativeMissing)(
      `over ${scheme} destroys a connection that it cannot hand off, and serves the next one`,
      async () => {
        const received = new Recorder()
        let isShort = false
        const native = shortOfDescriptors(() => isShort)
        const before = openDescriptors()
        const { dial, close, unauthenticatedLinks } = await listen(scheme, { native }, received)
        isShort = true
        await failsOrEnds(dial)
        await eventually('it counts no longer', () => unauthenticatedLinks.size, 0)
        isShort = false
        const { link } = await dial() // the kernel lets it wait for a moment
        link.send([Uint8Array.of(7)])
        await eventually('the next one is heard', () => received.marks, [7])
        await link.close()
        await close()
        await eventually('no descriptor is left over', () => openDescriptors() <= before)
      },
    )

    it.skipIf(nativeMissing)(
      `over ${scheme} leaves no connection open that it dialled and cannot hand off`,
      async () => {
        const before = openDescriptors()
        const listening = await listen(scheme, { native: undefined }, new Recorder())
        const short = listening.make({ native: shortOfDescriptors(() => true) })
        await expect(short.dial(listening.endpoint, new Recorder(), patient())).rejects.toThrow(/EMFILE/)
        await eventually('no connection is known', () => listening.unauthenticatedLinks.size, 0)
        await listening.close()
        await eventually('no descriptor is left over', () => openDescriptors() <= before)
      },
    )

    it.skipIf(nativeMissing)(`over ${scheme} lets no descriptor leak that nobody can watch`, async () => {
      const before = openDescriptors()
      const { dial, close, unauthenticatedLinks } = await listen(
        scheme,
        { native: unwatchable() },
        new Recorder(),
      )
      await failsOrEnds(dial)
      await eventually('it counts no longer', () => unauthenticatedLinks.size, 0)
      await close()
      await eventually('no descriptor is left over', () => openDescriptors() <= before)
    })
  }
})

/** The parts of the process, of which some calls are replaced. */
function replaced(
  native: (parts: NativeStreamParts) => Partial<NativeStreamParts['native']>,
): NativeStreamParts {
  const parts = STREAM_WAYS.find((way) => way.native !== undefined)!.native!
  const own = { ...parts.native, ...native(parts) }
  const { tls } = parts
  return Object.defineProperties(Object.create(parts) as NativeStreamParts, {
    native: { value: own },
    tls: { value: { ...tls, native: own, recordCipher: (name: string) => tls.recordCipher(name) } },
  })
}

function shortOfDescriptors(isShort: () => boolean): NativeStreamParts {
  return replaced(({ native: { sockets } }) => ({
    sockets: { ...sockets, duplicate: (fd) => (isShort() ? -EMFILE : sockets.duplicate(fd)) },
  }))
}

function unwatchable(): NativeStreamParts {
  return replaced(({ native: { watchers } }) => ({
    watchers: Object.assign(Object.create(watchers), {
      watch() {
        throw new Error('Cannot watch descriptor 9: the kernel says ENOSPC')
      },
    }),
  }))
}

/** The connection fails, before the other end took it for a link or after. */
async function failsOrEnds(dial: () => Promise<{ heard: Recorder }>): Promise<void> {
  const dialled = await dial().catch(() => undefined)
  if (dialled !== undefined) await eventually('the link ends', () => dialled.heard.ends.length, 1)
}

async function listen(scheme: string, listening: Partial<StreamParts>, received: Recorder) {
  // Nobody is hung up on for being slow.
  const limits = { ...DEFAULT_UNAUTHENTICATED_LIMITS, patience: 600_000 }
  const unauthenticatedLinks = new UnauthenticatedLinks(systemClock, limits)
  const make = (parts: Partial<StreamParts>): Transport => {
    const settings = { localPort: 0, tls }
    return scheme === 'tcp'
      ? new TcpTransport(settings, testParts(parts))
      : new WebSocketTransport(settings, testParts(parts))
  }
  const listener = await make({ ...listening, unauthenticatedLinks }).listen(
    new URL(`${scheme}://127.0.0.1:0`),
    received,
  )
  afterTest(() => listener.close())
  const dial = async () => {
    const heard = new Recorder()
    const link = await make({ native: undefined }).dial(listener.endpoint, heard, patient())
    afterTest(() => link.close())
    return { link, heard }
  }
  const { endpoint } = listener
  return { dial, close: () => listener.close(), unauthenticatedLinks, endpoint, make }
}
