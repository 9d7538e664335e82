import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { addPlugin } from '../../src/app/plugins/plugins.js'
import { Tunnel } from '../../src/app/tunnel/tunnel.js'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import { never } from '../support/memory-net.js'
import { TunnelLab } from '../support/tunnel-lab.js'

it('docs/running.md lists every key of a status, in its order', async () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/running.md'), 'utf8')
  const [ofTunnel, ofPeer] = ['Of each tunnel:', 'Of each peer:'].map((heading) => {
    const table = text.slice(text.indexOf(heading)).split('\n\n')[1]!
    return [...table.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key)
  })
  const lab = new TunnelLab(new VirtualClock())
  const figures = { seen: { type: 'counter', unit: 'packets', help: 'for a test' } } as const
  const packetHooks = { it: { summary: '', create: () => ({ outgoing: () => undefined }) } }
  addPlugin(lab.container, { api: 1, name: 'it', figures, packetHooks }, './it.js')
  const config = { ...lab.config(undefined, 'memory://near'), packetHooks: ['it'] }
  const tunnel = await Tunnel.start(lab.container, config, never)
  const status = tunnel.status()
  await tunnel.close()
  expect(ofTunnel).toEqual(['file', 'pid', 'version', ...Object.keys(status)])
  expect(ofPeer).toEqual(Object.keys(status.peers[0]!))
})
