import { createHash } from 'node:crypto'
import { getEventListeners } from 'node:events'
import type { Link } from 'qanat'
import { expect, it } from 'vitest'
import { describeWhere } from '../../test/support/e2e/requirements.js'
import { cluster, end, handlers, natsTransport, PING_EVERY, undo } from './nats-lab.js'

/** Milliseconds that a server may cost that is killed, and one that falls silent. */
const KILLED = 1_000
const SILENT = 5_000
/** Milliseconds between datagrams. */
const BEAT = 10
/** Bytes of a datagram, of all that are sent, and by which this process may grow meanwhile. */
const DATAGRAM = 1_400
const SENT = 8_000_000
const GROWTH = 32 * 2 ** 20
/** What is sent although nothing is wanted, and how often. */
const PUSHED_DATAGRAM = new Uint8Array(65_000)
const PUSHED = 2_000

describeWhere(['program nats-server'], 'a connection to a cluster', () => {
  it('goes on by another server within a second if one is killed, within five if one falls silent', async () => {
    const servers = await cluster(3)
    const [first, second, third] = servers.hosts as [string, string, string]
    let last = performance.now()
    let longest = 0
    await end([second, third, first]).listen(handlers({ receive: (link, datagrams) => link.send(datagrams) }))
    const caller = await end([first, second, third]).dial(
      handlers({
        receive() {
          longest = Math.max(longest, performance.now() - last)
          last = performance.now()
        },
      }),
    )
    const beat = setInterval(() => caller.send([Uint8Array.of(1)]), BEAT)
    undo.push(() => clearInterval(beat))
    await answers()

    longest = 0
    servers.signal(0, 'SIGSTOP')
    await expect.poll(() => longest, { timeout: 2 * SILENT }).toBeGreaterThan(PING_EVERY)
    expect(longest).toBeLessThan(SILENT)
    servers.signal(0, 'SIGCONT')
    await answers()

    longest = 0
    servers.signal(1, 'SIGKILL') // both use it now
    await servers.ended(1)
    await answers()
    expect(longest).toBeLessThan(KILLED)

    async function answers(): Promise<void> {
      const before = performance.now()
      await expect.poll(() => last, { interval: 10, timeout: 10_000 }).toBeGreaterThan(before + 2 * BEAT)
    }
  })

  it('leaves nothing with the signal of a dial, made or refused', async () => {
    const { hosts } = await cluster(1)
    for (const host of [hosts[0]!, '127.0.0.1:1']) {
      const { signal } = new AbortController()
      const wait = { signal, step() {} }
      const dialled = natsTransport().dial(new URL(`nats://${host}/tests`), handlers({}), wait)
      expect(getEventListeners(signal, 'abort')).not.toEqual([])
      await dialled.then(
        (link) => undo.push(() => link.close()),
        () => {},
      )
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }
  })

  it('wants no more than a server takes, drops what comes all the same, and loses nothing of what it wanted', async () => {
    const servers = await cluster(1)
    const patient = { pingEvery: 60_000 }
    const [sent, received] = [createHash('sha256'), createHash('sha256')]
    let arrived = 0
    const receive = (_: Link, datagrams: readonly Uint8Array[]) => {
      for (const datagram of datagrams.filter(({ length }) => length === DATAGRAM)) {
        received.update(datagram)
        arrived += DATAGRAM
      }
    }
    await end(servers.hosts, patient).listen(handlers({ receive }))
    const link = await end(servers.hosts, patient).dial(handlers({ drained: () => sendWanted() }))
    let offered = 0
    const sendWanted = () => {
      for (; link.writable && offered < SENT; offered += DATAGRAM) {
        lent.fill(offered / DATAGRAM)
        sent.update(lent)
        link.send([lent])
      }
    }
    const lent = new Uint8Array(DATAGRAM)

    servers.signal(0, 'SIGSTOP')
    sendWanted()
    expect(offered).toBeLessThan(2 ** 20)
    const before = process.memoryUsage().rss
    for (let pushed = 0; pushed < PUSHED; pushed++) link.send([PUSHED_DATAGRAM])
    expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH)
    expect(link.drops.overflow).toBeGreaterThan(PUSHED - 2 ** 20 / PUSHED_DATAGRAM.length)

    servers.signal(0, 'SIGCONT')
    await expect.poll(() => arrived, { timeout: 10_000 }).toBeGreaterThanOrEqual(SENT)
    expect(received.digest('hex')).toBe(sent.digest('hex'))
  })
})
