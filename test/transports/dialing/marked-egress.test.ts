import { execFileSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { native } from '../../../src/native/base/native.js'
import { chooseEgress } from '../../../src/transports/dialing/choose-egress.js'
import { connectAny } from '../../../src/transports/dialing/connect.js'
import { markedEgress } from '../../../src/transports/dialing/marked-egress.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import type { Egress } from '../../../src/transports/net/egress.js'
import type { Resolved } from '../../../src/transports/net/resolve.js'
import { answerTo } from '../../support/dns/answers.js'
import { eventually, turns } from '../../support/eventually.js'
import { nativeMissing } from '../../support/native-missing.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const MARK = 0xca6c
const LOOPBACK: Resolved = { address: '127.0.0.1', family: 4 }
const LOOPBACK6: Resolved = { address: '::1', family: 6 }
const NEVER = new AbortController().signal
/** The addresses of vpn.example.org; the host has no way to either. */
const FOUND: readonly Resolved[] = [
  { address: '2001:db8::7', family: 6 },
  { address: '192.0.2.7', family: 4 },
]
const missing = namespacesMissing('nft')

/** `named` may change while it is in use. */
function marked(
  named: { servers: string[]; search: string[] } = nameServers(),
  excluded: string[] = [],
): Egress {
  return markedEgress({
    native: native(),
    clock: systemClock,
    mark: MARK,
    excluded,
    nameServers: () => ({ ...named }),
    known: new Map([['printer.local', ['::1', '127.0.0.1']]]),
    hosts: (name) => (name === 'known' ? [LOOPBACK6] : []),
  })
}

function nameServers() {
  return { servers: ['127.0.0.2'], search: ['example.org'] }
}

describe.skipIf(missing)(`a marked egress${missing ? `, skipped: ${missing}` : ''}`, () => {
  it('reaches what only marked packets reach, from the first packet to the last', async () => {
    await inNewNetwork(async () => {
      // What bears no mark fails at once, by a reset that bears none itself.
      refuseUnmarked('tcp flags & rst == 0', 'reject with tcp reset')
      for (const address of [LOOPBACK, LOOPBACK6]) {
        const server = net.createServer((socket) => socket.end('hello')).listen(0, address.address)
        await once(server, 'listening')
        const { port } = server.address() as net.AddressInfo
        const { connectTo, serve } = marked()
        serve(server)
        const socket = await connectAny([address], port, connectTo, systemClock, NEVER)
        expect(socket.remoteAddress).toBe(address.address)
        const [greeting] = await once(socket, 'data')
        expect(String(greeting)).toBe('hello')
        socket.destroy()
        const unmarked = connectAny([address], port, plainEgress.connectTo, systemClock, NEVER)
        await expect(unmarked).rejects.toMatchObject({ code: 'ECONNREFUSED' })
        await new Promise((resolve) => server.close(resolve))
      }
    })
  })

  it('tells why an address failed, and tries the next', async () => {
    await inNewNetwork(async () => {
      const { connectTo } = marked()
      const refusing = connectAny([LOOPBACK], 9, connectTo, systemClock, NEVER)
      await expect(refusing).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      const unreachable = connectAny([{ address: '192.0.2.1', family: 4 }], 9, connectTo, systemClock, NEVER)
      await expect(unreachable).rejects.toMatchObject({ code: 'ENETUNREACH' })
    })
  })

  it('leaves no socket behind where connections are called off', async () => {
    await inNewNetwork(async () => {
      execFileSync('nft', ['-f', '-'], {
        input: 'add table inet t\nadd chain inet t i { type filter hook input priority 0; policy drop; }\n',
      })
      for (let round = 0; round < 20; round++) await expectUnreached(marked(), LOOPBACK, 9)
      await eventually('all sockets are closed', openSockets, 0)
    })
  })

  it('looks names up by marked datagrams', async () => {
    await inNewNetwork(async () => {
      refuseUnmarked('udp dport 53')
      const stop = await serveNames('127.0.0.2')
      const { resolve } = marked()
      expect(await resolve(new URL('udp://vpn.example.org:1'))).toEqual(FOUND)
      expect(await resolve(new URL('wss://VPN/path'))).toEqual(FOUND)
      await expect(resolve(new URL('tcp://other.example.org:1'))).rejects.toThrow(
        'Cannot resolve other.example.org: no such host',
      )
      stop()
      await expect(resolve(new URL('tcp://new.example.org:1'))).rejects.toThrow(
        'Cannot resolve new.example.org: no name server answers',
      )
    })
  })

  it('asks again over a marked connection if an answer is truncated, and takes what it had if nobody listens', async () => {
    await inNewNetwork(async () => {
      refuseUnmarked('tcp dport 53')
      const stop = await serveNames('127.0.0.2', { truncated: true })
      const { resolve } = marked()
      expect(await resolve(new URL('udp://vpn.example.org:1'))).toEqual(FOUND)
      const more: Resolved[] = [...FOUND, { address: '192.0.2.8', family: 4 }]
      const server = net.createServer((socket) => {
        socket.on('data', (question: Buffer) => {
          const answer = answerTo(question.subarray(2), known(more))
          socket.write(Buffer.concat([Uint8Array.of(answer.length >> 8, answer.length & 0xff), answer]))
        })
      })
      await once(server.listen(53, '127.0.0.2'), 'listening')
      expect(await resolve(new URL('udp://vpn.example.org:1'))).toEqual(more)
      await new Promise((resolve) => server.close(resolve))
      stop()
    })
  })

  it('falls back on what it found last, or what was known before, where no name server helps', async () => {
    await inNewNetwork(async () => {
      const stop = await serveNames('127.0.0.2')
      const { resolve } = marked()
      await resolve(new URL('udp://vpn.example.org:1'))
      stop()
      expect(await resolve(new URL('tcp://vpn.example.org:1'))).toEqual(FOUND)
      expect(await resolve(new URL('tcp://printer.local:1'))).toEqual([LOOPBACK6, LOOPBACK])
    })
  })

  it('does not ask the name servers of the tunnel, but those from before it and new ones', async () => {
    await inNewNetwork(async () => {
      const stop = await serveNames('127.0.0.2')
      const named = nameServers()
      const excluded: string[] = []
      const { resolve } = marked(named, excluded)
      excluded.push('10.0.0.1', '127.0.0.2')
      named.servers = ['10.0.0.1']
      expect(await resolve(new URL('udp://vpn.example.org:1'))).toEqual(FOUND) // asks whom it asked before
      named.servers = ['127.0.0.2']
      expect(await resolve(new URL('udp://vpn.example.org:1'))).toEqual(FOUND)
      stop()
      const stopOther = await serveNames('127.0.0.3')
      named.servers = ['10.0.0.1', '127.0.0.3'] // the host moved to another network
      expect(await resolve(new URL('udp://vpn.example.org:1'))).toEqual(FOUND)
      stopOther()
    })
  })

  it('needs no look-up for addresses and names in the file of hosts', async () => {
    const { resolve } = marked({ servers: [], search: [] })
    expect(await resolve(new URL('udp://[2001:db8::1]:1'))).toEqual([{ address: '2001:db8::1', family: 6 }])
    expect(await resolve(new URL('udp://192.0.2.1:1'))).toEqual([{ address: '192.0.2.1', family: 4 }])
    expect(await resolve(new URL('udp://known:1'))).toEqual([LOOPBACK6])
  })
})

describe('chooseEgress', () => {
  it('marks where a mark is named, and not otherwise', async () => {
    expect(await chooseEgress({}, systemClock)).toBe(plainEgress)
    expect(await chooseEgress({ mark: 0 }, systemClock)).toBe(plainEgress)
    if (nativeMissing !== undefined) return
    expect(await chooseEgress({ mark: MARK }, systemClock)).not.toBe(plainEgress)
  })
})

/** What a name server knows: vpn.example.org. */
function known(addresses: readonly Resolved[]): Record<string, string[]> {
  return { 'vpn.example.org': addresses.map(({ address }) => address) }
}

/** Serves vpn.example.org on loopback; returns what stops it. */
async function serveNames(address: string, { truncated = false } = {}): Promise<() => void> {
  const server = dgram.createSocket('udp4')
  server.on('message', (question, from) => {
    server.send(answerTo(question, known(FOUND), truncated), from.port, from.address)
  })
  server.bind(53, address)
  await once(server, 'listening')
  return () => server.close()
}

/** Drops or rejects what matches and bears no mark, as a full tunnel's rules would send it elsewhere. */
function refuseUnmarked(match: string, verdict = 'drop'): void {
  const input = [
    'add table inet t',
    'add chain inet t o { type filter hook output priority 0; }',
    `add rule inet t o ${match} meta mark != ${MARK} ${verdict}`,
    '',
  ].join('\n')
  execFileSync('nft', ['-f', '-'], { input })
}

/** A connection that is begun and not there when the loop has turned a few times; it is called off. */
async function expectUnreached({ connectTo }: Egress, address: Resolved, port: number): Promise<void> {
  const outcome: string[] = []
  const callOff = connectTo(address, port, {
    connected: () => outcome.push('connected'),
    failed: () => outcome.push('failed'),
  })
  await turns()
  callOff()
  expect(outcome).toEqual([])
}

/** TCP sockets of this network, without the line of headings. */
function openSockets(): number {
  const table = execFileSync('cat', ['/proc/net/tcp'], { encoding: 'utf8' })
  return table.trim().split('\n').length - 1
}
