import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import { lossOf } from '../../support/e2e/connect.js'
import {
  CAPTURED_TUNNEL,
  CLIENT,
  type ClientFile,
  groupFullTunnelLab,
  NAMES,
  OUTER,
  SERVER,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5195
const PINGS = 5
const QANAT = join(import.meta.dirname, '../../../dist/src/index.js')
const authority = new TestAuthority()
const certificate = authority.issue(NAMES.server)
const UNIX = join(import.meta.dirname, '../../../plugins/unix-transport/index.js')

/** Streams by a plugin that opens no socket itself: directly, by the upgrade of HTTP or HTTPS, or by a library that knows no marks. */
const MODULE = `
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { redact, streamLink } from '${QANAT}'
const placeOf = ({ hostname: host, port }) => ({ host, port: Number(port) })
const headers = { connection: 'upgrade', upgrade: 'stream' }
const upgraded = async (request) => (await once(request, 'upgrade'))[1]
const { ca, ...pair } = JSON.parse(readFileSync(new URL('certificates.json', import.meta.url), 'utf8'))
const ways = {
  direct: (network, place, signal) => network.connect(place, { signal }),
  async upgraded(network, place) {
    const udp = await network.bindUdp()
    udp.send('is it there?', place.port, place.host)
    await once(udp, 'message')
    udp.close()
    return upgraded(http.get({ ...place, headers, agent: network.agent.http }))
  },
  secured: (network, place) => upgraded(https.get({ ...place, headers, ca, agent: network.agent.https })),
  async relayed(network, { host, port }) {
    const relay = await network.relay(host, port)
    const socket = net.connect(relay.port, relay.host)
    await once(socket, 'connect')
    return socket
  },
}
const transport = (way) => ({
  summary: 'streams',
  create: ({ network }) => ({
    async dial(endpoint, handlers, { signal }) {
      const socket = await ways[way](network, placeOf(endpoint), signal)
      return streamLink(socket, { remote: redact(endpoint) }, handlers)
    },
    async listen(endpoint, handlers) {
      const { port } = placeOf(endpoint)
      const local = { host: '0.0.0.0', port }
      const link = (socket) => void streamLink(socket, { remote: way + '://' + socket.remotePort }, handlers)
      const made = way === 'secured' ? https.createServer(pair) : http.createServer()
      const web = made.on('upgrade', (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: stream\\r\\n\\r\\n')
        link(socket)
      })
      const udp = await network.bindUdp(local)
      udp.on('message', (datagram, from) => udp.send(datagram, from.port, from.address))
      const server = await network.listen(local, /upgraded|secured/.test(way) ? (socket) => web.emit('connection', socket) : link)
      return { endpoint, close: async () => void server.close() }
    },
  }),
})
export default {
  api: 1,
  name: 'streams',
  needs: ['network'],
  transports: Object.fromEntries(Object.keys(ways).map((way) => [way, transport(way)])),
}
`

describeWhere(CAPTURED_TUNNEL, "a full tunnel with a kill switch over a plugin's transport", () => {
  const lab = groupFullTunnelLab()

  for (const way of ['upgraded', 'secured', 'relayed']) {
    it(`carries packets, and lets nothing past it, by the network of plugins: ${way}`, async () => {
      const names = await lab.serveNames()
      const capture = await lab.capture(OUTER, PORT)
      const plugins = [`plugins = ["${plugin()}"]`]
      await lab.serve(lab.serverFile(`${way}://0.0.0.0:${PORT}`, plugins))
      await carries(lab.clientFile(toServer(`${way}://${NAMES.server}:${PORT}`, plugins)))
      expect(names.stdout).toContain(`${NAMES.server} from ${lab.client.ipv4}`)
      expect(capture.stdout).toEqual([])
    })
  }

  it('answers by the carrier what it accepts', async () => {
    const plugins = [`plugins = ["${plugin()}"]`]
    const carrier = `(dst host ${lab.server.ipv4} and tcp src port ${PORT})`
    const filter = `not ${carrier} and not arp and not icmp6 and not ip6 proto 0`
    const capture = lab.client.start('tcpdump', ['-lnpQ', 'out', '--immediate-mode', '-i', WIRE, filter])
    await capture.line('listening on')
    const listens = [...plugins, `listen = ["direct://0.0.0.0:${PORT}"]`]
    const file = lab.clientFile(toServer(undefined, listens))
    await lab.up(lab.client, file).line('listening')
    const dials = [`endpoints = ["direct://${lab.client.ipv4}:${PORT}"]`]
    const server = lab.up(lab.server, lab.serverFile('udp://127.0.0.1:0', plugins, dials))
    await server.line(REACHED)
    expect(await lossOf(lab.server, CLIENT.ipv4, PINGS)).toBe('0%')
    expect(await lossOf(lab.client, WORLD.ipv4, PINGS)).toBe('0%')
    expect(capture.stdout).toEqual([])
  })

  it('carries packets over a Unix socket, and lets nothing past it', async () => {
    const capture = await lab.capture(OUTER, PORT)
    const plugins = [`plugins = ["${UNIX}"]`]
    const endpoint = `unix://${join(lab.folder, 'socket')}`
    await lab.serve(lab.serverFile(endpoint, plugins))
    await carries(lab.clientFile(toServer(endpoint, plugins)))
    expect(capture.stdout).toEqual([])
  })

  async function carries(file: string): Promise<void> {
    await lab.call(file)
    expect(await lossOf(lab.client, SERVER.ipv4, PINGS)).toBe('0%')
    expect(await lossOf(lab.client, WORLD.ipv4, PINGS)).toBe('0%')
  }

  function plugin(): string {
    const path = join(lab.folder, 'streams.js')
    writeFileSync(path, MODULE)
    const { ca } = authority
    const { cert, key } = certificate
    writeFileSync(join(lab.folder, 'certificates.json'), JSON.stringify({ ca, cert, key }), { mode: 0o600 })
    return path
  }
})

function toServer(endpoint: string | undefined, more: readonly string[]): ClientFile {
  return { endpoint, allowed: ['0.0.0.0/0', '::/0'], more: [...more, 'kill-switch = true'] }
}
