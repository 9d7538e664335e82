import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { fixture } from '../../lab/lab.js'
import { lossOf } from '../support/e2e/connect.js'
import { logOf } from '../support/e2e/log.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { NEEDS, OUR_PORT, OURS4, THEIR_PORT, THEIRS4, WireGuardTunnel } from './wireguard-tunnel.js'

/** Milliseconds; most tests wait, so they do so together. */
const TIMEOUT = 90_000
/** Handshakes that two which started at once may come to: one of each end, and one more. */
const MOST_CROSSING = 3
/** Pings, 10 ms apart: renewals come 5 s after each other at the soonest, however few datagrams a key may seal. */
const RENEWALS_BY_COUNTERS = 1700
const RENEWALS_BY_AGE = 1200
/** Milliseconds after which Qanat asks a peer nothing more that answers no questions. */
const QUESTIONS_OVER = 7_500
const HASTY = ['--plugin', fixture('hasty-ciphers.js'), '--cipher']

describeWhere(NEEDS, "a tunnel to Debian's wireguard-go", () => {
  for (const caller of ['Qanat', 'wireguard-go'] as const) {
    it.concurrent(
      `loses no packet while Qanat renews it three times because of its counters, where ${caller} called`,
      () =>
        WireGuardTunnel.with({ caller, qanat: [...HASTY, 'few-packets'] }, async (tunnel) => {
          await tunnel.answers()
          const before = tunnel.wireguard.handshakes
          expect(await lossOf(tunnel.near, THEIRS4, RENEWALS_BY_COUNTERS, 0.01)).toBe('0%')
          expect(tunnel.wireguard.handshakes - before).toBeGreaterThanOrEqual(3)
        }),
      TIMEOUT,
    )

    it.concurrent(
      `goes on within 20 s after wireguard-go was killed and started again, where ${caller} called`,
      () =>
        WireGuardTunnel.with({ caller }, async (tunnel) => {
          await tunnel.answers()
          await tunnel.wireguard.kill()
          await tunnel.startWireGuard()
          await tunnel.answers()
        }),
      TIMEOUT,
    )

    it.concurrent(
      `goes on within 20 s after Qanat was killed and started again, where ${caller} called`,
      () =>
        WireGuardTunnel.with({ caller }, async (tunnel) => {
          await tunnel.answers()
          tunnel.qanat.kill('SIGKILL')
          await tunnel.qanat.ending()
          await tunnel.startQanat()
          await tunnel.answers()
        }),
      TIMEOUT,
    )

    it.concurrent(
      `is ended by Qanat without a word, and goes on once Qanat is back, where ${caller} called`,
      () =>
        WireGuardTunnel.with({ caller }, async (tunnel) => {
          await tunnel.answers()
          await sleep(QUESTIONS_OVER)
          const { far, qanat, wireguard } = tunnel
          const transfer = () => far.run('wg', 'show', wireguard.name, 'transfer')
          const before = await transfer()
          qanat.kill('SIGTERM')
          expect(await qanat.ending()).toMatchObject({ code: 0 })
          expect(await transfer()).toBe(before)
          await tunnel.startQanat()
          await tunnel.answers()
          await tunnel.qanat.line('is online')
          await wireguard.kill()
          expect(tunnel.qanat.stderr.join()).not.toContain('went offline')
        }),
      TIMEOUT,
    )

    it.concurrent(
      `follows wireguard-go to another port, where ${caller} called`,
      () =>
        WireGuardTunnel.with({ caller }, async (tunnel) => {
          await tunnel.answers()
          await tunnel.wireguard.set('listen-port', '51900')
          expect(await lossOf(tunnel.far, OURS4, 20, 0.01)).toBe('0%')
          expect(await lossOf(tunnel.near, THEIRS4, 20, 0.01)).toBe('0%')
          expect(logOf(tunnel.qanat)).toContainEqual(
            expect.objectContaining({ remote: expect.stringContaining(':51900') }),
          )
        }),
      TIMEOUT,
    )

    it.concurrent(
      `is followed by wireguard-go when Qanat's port changes on the way, where ${caller} called`,
      () =>
        WireGuardTunnel.with({ caller }, async (tunnel) => {
          await tunnel.answers()
          await tunnel.near.run('nft', portTranslation(4000))
          expect(await lossOf(tunnel.near, THEIRS4, 20, 0.01)).toBe('0%')
          expect(await lossOf(tunnel.far, OURS4, 20, 0.01)).toBe('0%')
          expect(await tunnel.wireguard.endpoint()).toMatch(/:4000$/)
        }),
      TIMEOUT,
    )
  }

  it.concurrent(
    'loses no packet while Qanat renews it three times because of its age',
    () =>
      WireGuardTunnel.with({ qanat: [...HASTY, 'short-time'] }, async (tunnel) => {
        await tunnel.answers()
        const before = tunnel.wireguard.handshakes
        expect(await lossOf(tunnel.near, THEIRS4, RENEWALS_BY_AGE, 0.01)).toBe('0%')
        expect(tunnel.wireguard.handshakes - before).toBeGreaterThanOrEqual(3)
      }),
    TIMEOUT,
  )

  it.concurrent(
    'loses no packet when both start a handshake at once',
    () =>
      WireGuardTunnel.with({ caller: 'each' }, async (tunnel) => {
        tunnel.qanat.kill('SIGKILL')
        await tunnel.qanat.ending()
        // They may have had a session by now, and what waits would be sealed for a Qanat that is gone.
        await tunnel.wireguard.kill()
        await tunnel.startWireGuard()
        const { far, wireguard } = tunnel
        wireguard.program.kill('SIGSTOP') // what reaches it now waits: a packet to be sent, and our initiation
        const loss = lossOf(far, OURS4, 100, 0.1)
        await tunnel.startQanat()
        await tunnel.near.run('ping', '-c', '1', '-W', '1', THEIRS4).catch(() => {})
        tunnel.qanat.kill('SIGSTOP')
        wireguard.program.kill('SIGCONT')
        await wireguard.program.line('Received handshake initiation', 'stdout')
        await wireguard.program.line('Sending handshake initiation', 'stdout')
        tunnel.qanat.kill('SIGCONT')
        expect(await loss).toBe('0%')
        expect(await lossOf(tunnel.near, THEIRS4, 20, 0.01)).toBe('0%')
        expect(wireguard.handshakes).toBeLessThanOrEqual(MOST_CROSSING)
      }),
    TIMEOUT,
  )
})

/** Rules of a host whose datagrams to wireguard-go leave from another port, as behind a NAT that forgot. */
function portTranslation(port: number): string {
  return `
    table ip translation {
      chain out {
        type filter hook postrouting priority 0
        udp dport ${THEIR_PORT} udp sport set ${port}
      }
      chain in {
        type filter hook prerouting priority -300
        udp dport ${port} udp dport set ${OUR_PORT}
      }
    }`
}
