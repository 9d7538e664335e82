import { describe, expect, it } from 'vitest'
import { kitCases } from '../../../src/conformance/plugin/kit-cases.js'
import type { Kit } from '../../../src/conformance/testing.js'
import type { Link } from '../../../src/core/api/transport.js'
import { sourceBytes } from '../../../src/core/ip/source-address.js'
import type { Admission } from '../../../src/core/plugin/admission.js'
import { definePlugin, type Plugin, type TransportContext } from '../../../src/core/plugin/plugin.js'

type Listen = (
  context: TransportContext,
  ...args: Parameters<TransportContext['streams']['listen']>
) => unknown

const sound: Listen = ({ streams }, endpoint, handlers) => streams.listen(endpoint, handlers)

/** Listens as an author does who sees to connections alone. `given` makes what a link is given of its admission. */
const byHand =
  (given: (admitted: Admission) => Admission | undefined): Listen =>
  async ({ admit, network, streams }, endpoint, handlers) => {
    const links = new Map<Link, Admission>()
    const place = { host: endpoint.hostname, port: Number(endpoint.port) }
    const server = await network.listen(place, async (socket) => {
      const admitted = admit(sourceBytes(socket.remoteAddress), () => socket.destroy())
      const remote = `tested://${socket.remoteAddress}:${socket.remotePort}`
      const link = await streams.link(
        socket,
        { remote, admitted: given(admitted) },
        {
          receive: (from, datagrams) => handlers.receive(from, datagrams),
          drained: (from) => handlers.drained(from),
          closed(from, error) {
            links.get(from)?.settle()
            handlers.closed(from, error)
          },
          failed: (error) => handlers.failed(error),
        },
      )
      links.set(link, admitted)
    })
    const close = async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const admitted of links.values()) admitted.settle()
      await Promise.all([...links.keys()].map((link) => link.close()))
      await closed
    }
    const { port } = server.address() as { port: number }
    return { endpoint: Object.assign(new URL(endpoint.href), { port }), close }
  }

function uncounted(admitted: Admission): undefined {
  admitted.settle()
}

/** Whatever a link says, its far end has proven nothing. */
function neverProven(admitted: Admission): Admission {
  return { ...admitted, settle() {} }
}

function pluginOf(listen: Listen, made: (context: TransportContext) => void = () => {}): Plugin {
  return definePlugin({
    api: 1,
    name: 'tested',
    transports: {
      tested: {
        summary: '',
        create(context) {
          made(context)
          return {
            async dial(endpoint, handlers, wait) {
              const place = { host: endpoint.hostname, port: Number(endpoint.port) }
              const socket = await context.network.connect(place, wait)
              return context.streams.link(socket, { remote: endpoint }, handlers)
            },
            listen: (endpoint, handlers) => listen(context, endpoint, handlers) as never,
          }
        },
      },
    },
  })
}

const kit: Kit = { transports: { tested: { setup: () => ({ endpoint: new URL('tested://127.0.0.1:0') }) } } }
const CASE = 'transport tested: ends what proves nothing, and nothing else'

async function failing(plugin: Plugin): Promise<Map<string, string>> {
  const failed = new Map<string, string>()
  for (const { name, run } of kitCases(plugin, kit)) {
    try {
      await run()
    } catch (thrown) {
      failed.set(name, (thrown as Error).message)
    }
  }
  return failed
}

describe('a transport and its unknown sources', () => {
  it('are found to be right if it goes by admit', async () => {
    expect(await failing(pluginOf(byHand((admitted) => admitted)))).toEqual(new Map())
  })

  it('are found to be right if it goes by streams.listen', async () => {
    await kitCases(pluginOf(sound), kit)
      .find(({ name }) => name === CASE)!
      .run()
  })

  it.each([
    [
      'leaves who is silent',
      byHand(uncounted),
      'Waited 2000 ms in vain until a link that proves nothing is closed',
    ],
    [
      'ends who is proven',
      byHand(neverProven),
      'Waited 2000 ms in vain until a datagram arrives by a link that proved itself',
    ],
  ])('are found by one case alone if it %s', async (_what, listen, why) => {
    expect(await failing(pluginOf(listen))).toEqual(new Map([[CASE, why]]))
  })

  it('are bounded as the kit says', async () => {
    const closed: number[] = []
    const plugin = pluginOf(sound, ({ admit }) => {
      for (let index = 0; index < 3; index++) admit(undefined, () => closed.push(index))
    })
    const near = { groups: { streams: { maxUnauthenticatedPerAddress: 2 } } }
    const setup = () => ({ near, endpoint: new URL('tested://127.0.0.1:0') })
    const cases = kitCases(plugin, { transports: { tested: { setup } } })
    await cases.find(({ name }) => name.endsWith('carries datagrams both ways'))!.run()
    expect(closed).toEqual([2])
  })
})
