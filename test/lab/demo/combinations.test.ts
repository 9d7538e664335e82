import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { combinations } from '../../../lab/demo/combinations.js'

it('joins every transport with every cipher', async () => {
  const all = await combinations([])
  expect(all).toContainEqual({ transport: 'udp', scheme: 'udp', cipher: 'xor' })
  expect(all).toContainEqual({ transport: 'memory', scheme: 'memory', cipher: 'wireguard' })
})

it('shows WebSocket with TLS and through a proxy where that can be had', async () => {
  const installed = (program: string) => spawnSync('which', [program]).status === 0
  const names = (await combinations([])).map(({ transport }) => transport)
  expect(names.includes('wss')).toBe(installed('openssl'))
  expect(names.includes('ws-proxy')).toBe(installed('tinyproxy'))
})

it('keeps to those that are asked for', async () => {
  expect(await combinations(['tcp/xor'])).toEqual([{ transport: 'tcp', scheme: 'tcp', cipher: 'xor' }])
})

it('lists what there is where something unknown is asked for', async () => {
  await expect(combinations(['tcp/none'])).rejects.toThrow(/^Cannot show 'tcp\/none': there are .*udp\/xor/)
})
