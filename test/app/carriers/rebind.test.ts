import { describe, expect, it } from 'vitest'
import { rebind, type SocketParts } from '../../../src/app/carriers/rebind.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'

const urls = (...texts: readonly string[]) => texts.map((text) => new URL(text))

function config(port: number, mark?: number): TunnelConfig {
  const tun = { name: undefined, mtu: 1420, addresses: [], routes: [] }
  const listen = urls(`udp://[::]:${port}`)
  return { cipher: 'wireguard', peers: [], listen, transports: { mark }, tun, plugins: [] }
}

/** Sockets that only note what is done with them; ports in `taken` cannot be had. */
function sockets(taken: readonly string[] = [], isRunning = () => true) {
  const done: string[] = []
  const note = (what: string) => void done.push(what)
  const parts = {
    transports: {
      renew: ({ localPort }: { localPort: number }) => note(`renew ${localPort}`),
      serve: async () => {},
      serveAll: async () => [],
    },
    listeners: {
      close: async () => note('close'),
      open: async ([endpoint]: readonly URL[]) => {
        if (taken.includes(endpoint!.port)) throw new Error(`${endpoint!.port} is taken`)
        note(`open ${endpoint!.port}`)
      },
    },
    peerManager: { hangUp: async () => note('hang up'), callAgain: () => note('call again') },
    settingsOf: ({ listen }: TunnelConfig) => ({ localPort: Number(listen[0]!.port) }),
    isRunning,
    failed: (error: Error) => note(`failed: ${error.message}`),
  } as unknown as SocketParts
  return { done, parts }
}

describe('rebind', () => {
  it('lets go of all sockets before it takes others, and calls then', async () => {
    const { done, parts } = sockets()
    await rebind(parts, config(1), config(2))
    expect(done).toEqual(['hang up', 'close', 'renew 2', 'open 2', 'call again'])
  })

  it('goes back to those of before if the others cannot be had', async () => {
    const { done, parts } = sockets(['2'])
    await expect(rebind(parts, config(1), config(2))).rejects.toThrow('2 is taken')
    expect(done).toEqual(['hang up', 'close', 'renew 2', 'close', 'renew 1', 'open 1', 'call again'])
  })

  it('goes back when it is told to', async () => {
    const { done, parts } = sockets()
    const goBack = await rebind(parts, config(1), config(2))
    done.length = 0
    await goBack()
    expect(done).toEqual(['hang up', 'close', 'renew 1', 'open 1', 'call again'])
  })

  it('ends the tunnel if there is nothing to go back to', async () => {
    const { done, parts } = sockets(['1', '2'])
    await expect(rebind(parts, config(1), config(2))).rejects.toThrow('2 is taken')
    expect(done.at(-1)).toBe('failed: 1 is taken')
  })

  it('opens nothing, and leaves nothing open, once the tunnel was closed', async () => {
    let looks = 0
    const { done, parts } = sockets([], () => looks++ === 0)
    await expect(rebind(parts, config(1), config(2))).rejects.toThrow('the tunnel was closed')
    expect(done.filter((what) => what.startsWith('open'))).toEqual(['open 2'])
    expect(done.slice(done.indexOf('open 2')).slice(0, 2)).toEqual(['open 2', 'close'])
    expect(done).not.toContain('call again')
  })
})
