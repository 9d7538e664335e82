import { expect, it } from 'vitest'
import { Listeners } from '../../../src/app/carriers/listeners.js'
import type { TransportSet } from '../../../src/app/transport-set.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Link, LinkHandlers } from '../../../src/core/api/transport.js'

const urls = (...texts: readonly string[]) => texts.map((text) => new URL(text))

/** Listeners that note what is done with them: one at a host and port, as the kernel has it, unless a socket is offered. */
function listeners(forbidden: readonly string[] = []) {
  const done: string[] = []
  const taken = new Set<string>()
  const offered = new Set<string>()
  const listen = async ({ host, href, protocol }: URL) => {
    if (forbidden.includes(href)) throw new Error(`${href} is forbidden`)
    if (taken.has(host) && !offered.has(host)) throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' })
    taken.add(host)
    done.push(`open ${href}`)
    const close = async () => {
      if (!offered.has(host)) taken.delete(host)
      done.push(`close ${href}`)
    }
    const listener = { endpoint: new URL(href), close }
    const offer = () => {
      offered.add(host)
      return () => offered.delete(host)
    }
    const accepted = [{ remote: `of ${href}` } as Link]
    return protocol === 'udp:' ? listener : { ...listener, offer, accepted }
  }
  const handlers = {
    closed: (link: Link) => done.push(`tell ${link.remote}`),
  } as Partial<LinkHandlers> as LinkHandlers
  const transports = { get: () => ({ listen }) } as unknown as TransportSet
  const makesRoom = async () => void done.push('make room')
  const made = new Listeners({ transports, handlers, log: silentLogger })
  return { done, made, makesRoom }
}

it('opens those that come, then closes those that go and tells their links, and touches no other', async () => {
  const { done, made, makesRoom } = listeners()
  await made.open(urls('tcp://a:1', 'tcp://a:2'))
  const change = await made.change(urls('tcp://a:2', 'tcp://a:3'), makesRoom)
  await change.settle()
  expect(done.slice(2)).toEqual(['open tcp://a:3', 'tell of tcp://a:1', 'close tcp://a:1'])
  expect(made.endpoints.map(String)).toEqual(['tcp://a:2', 'tcp://a:3'])
})

it('takes over the socket of one at the same place, and closes that after it', async () => {
  const { done, made, makesRoom } = listeners()
  await made.open(urls('ws://a:1/old'))
  const change = await made.change(urls('ws://a:1/new'), makesRoom)
  await change.settle()
  expect(done.slice(1)).toEqual(['open ws://a:1/new', 'tell of ws://a:1/old', 'close ws://a:1/old'])
})

it('has those that go make room if a place is taken otherwise', async () => {
  const { done, made, makesRoom } = listeners()
  await made.open(urls('udp://a:1', 'tcp://a:9'))
  const change = await made.change(urls('udp://a:1/?other', 'tcp://a:9'), makesRoom)
  await change.settle()
  expect(done.slice(2)).toEqual(['make room', 'close udp://a:1', 'open udp://a:1/?other'])
})

it('leaves all as it is if one cannot be had, and opens those again that made room', async () => {
  const { done, made, makesRoom } = listeners(['tcp://a:4'])
  await made.open(urls('udp://a:1', 'tcp://a:2'))
  const asked = urls('udp://a:1/?other', 'tcp://a:3', 'tcp://a:4')
  await expect(made.change(asked, makesRoom)).rejects.toThrow('tcp://a:4 is forbidden')
  expect(made.endpoints.map(String).toSorted()).toEqual(['tcp://a:2', 'udp://a:1'])
  expect(done.at(-2)).toBe('open udp://a:1')
})

it('goes back after all', async () => {
  const { made, makesRoom } = listeners()
  await made.open(urls('tcp://a:1'))
  const change = await made.change(urls('tcp://a:2'), makesRoom)
  await change.undo()
  expect(made.endpoints.map(String)).toEqual(['tcp://a:1'])
})

it('goes back though some of those that go are closed already', async () => {
  const { made, makesRoom } = listeners()
  await made.open(urls('udp://a:1', 'tcp://b:1'))
  const change = await made.change(urls('udp://a:2', 'tcp://b:2'), makesRoom)
  await change.settle(({ protocol }) => protocol === 'udp:')
  await change.undo()
  expect(made.endpoints.map(String).toSorted()).toEqual(['tcp://b:1', 'udp://a:1'])
})
