import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { pluginHelpers } from '../../../src/app/plugins/plugin-helpers.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Link, Listener } from '../../../src/core/api/transport.js'
import { ADMIT, CLOCK } from '../../../src/core/injection/tokens.js'
import type { Admit } from '../../../src/core/plugin/admission.js'
import { STREAM_SETTINGS } from '../../../src/core/settings/option-groups.js'
import { carrierPartsOf, shareCarrierParts } from '../../../src/transports/shared/carrier-parts.js'
import { bareApp } from '../../app/plugins/bare-app.js'
import { eventually } from '../../support/eventually.js'

const TCP = new URL('any://127.0.0.1:0')
const HELLO = Uint8Array.of(1, 2, 3)
const TIMEOUT = STREAM_SETTINGS.unauthenticatedTimeout.default
const PER_ADDRESS = STREAM_SETTINGS.maxUnauthenticatedPerAddress.default

/** Endpoints of both kinds of sockets. */
const KINDS: readonly (readonly [string, () => URL])[] = [
  ['TCP', () => TCP],
  ['Unix sockets', () => new URL(`any://${join(temporaryFolder(), 'socket')}`)],
]

describe.each(KINDS)('links over %s', (_kind, endpointOf) => {
  it('carry datagrams, are told apart, and tell of the end', async () => {
    const { far, listener, connect, streams } = await listening(endpointOf())
    const near = new Recorder()
    const link = await streams.link(await connect(), { remote: new URL('any://user:word@host/?key=k') }, near)
    expect(link.remote).not.toMatch(/word|key/)
    link.send([HELLO])
    const { link: accepted } = (await eventually('it came', () => far.arrivals[0]))!
    accepted.send([HELLO, HELLO])
    await eventually('both came', () => near.marks, [1, 1])
    const other = await streams.link(await connect(), { remote: 'other' }, near)
    other.send([HELLO])
    await eventually('it came', () => far.arrivals.length, 2)
    expect(far.arrivals[1]!.link.remote).not.toBe(accepted.remote)
    await listener.close()
    await eventually('both are told', () => near.ends.length, 2)
  })

  it('close silent ones in time, and what comes beyond a number; what proved itself stays', async () => {
    const { clock, far, listener, connect, streams } = await listening(endpointOf())
    const proven = await streams.link(await connect(), { remote: 'near' }, new Recorder())
    proven.send([HELLO])
    const { link } = (await eventually('it came', () => far.arrivals[0]))!
    link.authenticated!()
    const silent: net.Socket[] = []
    for (let count = 0; count < PER_ADDRESS + 4; count++) silent.push(await connect())
    const closed = () => silent.filter((socket) => socket.resume().closed).length
    await eventually('those beyond the number are closed', closed, 4)
    clock.advance(TIMEOUT)
    await eventually('all of them are closed', closed, silent.length)
    expect(proven.writable).toBe(true)
    await listener.close()
  })
})

it('listens where a Unix socket was left, but not where somebody listens or a file is', async () => {
  const path = join(temporaryFolder(), 'socket')
  const endpoint = new URL(`any://${path}`)
  const { streams } = helpers()
  const listener = await streams.listen(endpoint, new Recorder())
  const taken = expect.objectContaining({
    code: 'ERR_TRANSPORT_LISTEN',
    message: `Cannot listen on any://${path}: somebody listens there already`,
  })
  await expect(streams.listen(endpoint, new Recorder())).rejects.toEqual(taken)
  fs.linkSync(path, `${path}-left`)
  await listener.close()
  fs.renameSync(`${path}-left`, path) // as a kill leaves it
  await (await streams.listen(endpoint, new Recorder())).close()
  fs.writeFileSync(path, 'precious')
  await expect(streams.listen(endpoint, new Recorder())).rejects.toEqual(taken)
  expect(fs.readFileSync(path, 'utf8')).toBe('precious')
})

it('makes links of TLS and of streams that are no sockets', async () => {
  const { clock, network, streams } = helpers()
  const authority = new TestAuthority()
  const far = new Recorder()
  const server = new tls.Server(authority.issue('127.0.0.1'), (socket) =>
    streams.link(socket, { remote: 'client' }, far),
  )
  const bound = await network.listen({ host: '127.0.0.1', port: 0 }, (socket) =>
    server.emit('connection', socket),
  )
  const { port } = bound.address() as net.AddressInfo
  const secured = await network.tls({ host: '127.0.0.1', port }, { ca: authority.ca })
  const over = await streams.link(secured, { remote: 'server' }, new Recorder())
  over.send([HELLO])
  await eventually('it came', () => far.marks, [1])
  expect(far.arrivals[0]!.link.source).toEqual(Uint8Array.of(127, 0, 0, 1))
  await over.close()

  const [one, other] = duplexes()
  const within = new Recorder()
  const ends = [
    await streams.link(one, { remote: 'one' }, within),
    await streams.link(other, { remote: 'other' }, within),
  ]
  ends[0]!.send([HELLO])
  await eventually('it came', () => within.marks, [1])
  const closing = Promise.all(ends.map((link) => link.close()))
  clock.advance(1_000) // neither stream ends by itself
  await closing
  one.destroy()
  await expect(streams.link(one, { remote: 'one' }, within)).rejects.toMatchObject({
    code: 'ERR_TRANSPORT_FAILED',
  })
})

describe('admit', () => {
  it('bounds those without an address as one source, together with what built-in listeners accept', () => {
    const { admit, app, clock } = helpers()
    const closed: number[] = []
    for (let count = 0; count <= PER_ADDRESS; count++) {
      admit(undefined, () => closed.push(count))
      clock.advance(200)
    }
    expect(closed).toEqual([0])
    expect(carrierPartsOf(app).unauthenticatedLinks().size).toBe(PER_ADDRESS)
    clock.advance(TIMEOUT)
    expect(closed.length).toBe(PER_ADDRESS + 1)
  })

  it('settles with the link that it was given to, and closes that', async () => {
    const { admit, clock, network, streams } = helpers()
    const far = new Recorder()
    const links: Link[] = []
    const server = await network.listen({ host: '127.0.0.1', port: 0 }, async (socket) => {
      const admitted = admit(undefined, () => socket.destroy())
      links.push(await streams.link(socket, { remote: `near:${socket.remotePort}`, admitted }, far))
    })
    const { port } = server.address() as net.AddressInfo
    const [stays, goes] = [net.connect(port), net.connect(port)].map((socket) => socket.resume())
    await eventually('both are links', () => links.length, 2)
    const names = [stays, goes].map((socket) => `near:${socket!.localPort}`)
    const [proven] = links.filter(({ remote }) => remote === names[0])
    proven!.authenticated!()
    clock.advance(TIMEOUT)
    await once(goes!, 'close')
    expect(far.ends.map(({ link }) => link.remote)).toEqual([names[1]])
    expect(proven!.writable).toBe(true)
    await proven!.close()
  })

  it('is settled by its link alone once that took it over, whatever the socket tells the plugin', async () => {
    const { admit, app, network, streams } = helpers()
    const links: Link[] = []
    const server = await network.listen({ host: '127.0.0.1', port: 0 }, async (socket) => {
      const admitted = admit(undefined, () => socket.destroy())
      socket.once('close', admitted.settle)
      links.push(await streams.link(socket, { remote: 'near', admitted }, new Recorder()))
      admitted.settle()
    })
    const { port } = server.address() as net.AddressInfo
    const [silent, gone] = [net.connect(port), net.connect(port)].map((socket) => socket.resume())
    await eventually('both are links', () => links.length, 2)
    const counted = () => carrierPartsOf(app).unauthenticatedLinks().size
    expect(counted()).toBe(2)
    gone!.destroy()
    await eventually('that which is gone counts no longer', counted, 1)
    links[0]!.authenticated!()
    links[1]!.authenticated!()
    expect(counted()).toBe(0)
    silent!.destroy()
  })
})

function helpers() {
  const over = new AbortController()
  onTestFinished(() => over.abort())
  const app = bareApp()
  const clock = new VirtualClock()
  app.register(CLOCK, { useValue: clock })
  shareCarrierParts(app)
  const own = app.createChildContainer()
  const { network, streams } = pluginHelpers(own, 'test', over.signal)
  return { admit: own.resolve<Admit>(ADMIT), app, clock, network, streams }
}

async function listening(endpoint: URL) {
  const all = helpers()
  const far = new Recorder()
  const listener: Listener = await all.streams.listen(endpoint, far)
  onTestFinished(() => listener.close())
  const { hostname: host, pathname: path, port } = listener.endpoint
  const place = host === '' ? { path } : { host, port: Number(port) }
  return { ...all, far, listener, connect: () => all.network.connect(place) }
}

/** Two streams within this process, each of which brings what is written to the other. */
function duplexes(): [Duplex, Duplex] {
  const make = (to: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write: (chunk, _encoding, done) => {
        to().push(chunk)
        done()
      },
      final: (done) => {
        to().push(null)
        done()
      },
    })
  const one: Duplex = make(() => other)
  const other: Duplex = make(() => one)
  return [one, other]
}
