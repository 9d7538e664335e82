import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MemoryNet } from '../support/memory-net.js'

it('docs/running.md lists every key of a status, in its order', async () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/running.md'), 'utf8')
  const [ofTunnel, ofPeer] = ['Of each tunnel:', 'Of each peer:'].map((heading) => {
    const table = text.slice(text.indexOf(heading)).split('\n\n')[1]!
    return [...table.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key)
  })
  const net = await MemoryNet.make()
  const hub = await net.start(net.hub(net.client(2).peer))
  const status = hub.status()
  await hub.close()
  expect(ofTunnel).toEqual(['file', 'pid', ...Object.keys(status)])
  expect(ofPeer).toEqual(Object.keys(status.peers[0]!))
})
