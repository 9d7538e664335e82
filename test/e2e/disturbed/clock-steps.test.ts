import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { INNER, Lab, REACHED } from '../../../lab/lab.js'
import { afterTest } from '../../support/after-test.js'
import { FalseClock } from '../../support/e2e/false-clock.js'
import { errorsOf, sessionsOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [NEAR, FAR] = INNER.ipv4
/** Seconds by which a clock is wrong, one after another. */
const [HOUR, DAY] = [3_600, 86_400]
const STEPS = [HOUR, 0, -HOUR, 0, DAY, 0, -DAY, 0]
/** Milliseconds that a clock is left as it is. */
const PAUSE = 600
/** Milliseconds: a step forward looks like a sleep, after which the carrier is probed. */
const GAP = 5_000

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping', 'program faketime'], 'a clock', () => {
  it('that jumps by an hour and by a day, forward and back, at either end, ends no session', async () => {
    await Promise.all(['udp:1337', 'tcp:1338', 'ws:8080/'].map(jumps))
  }, 90_000)

  async function jumps(endpoint: string): Promise<void> {
    const lab = new Lab()
    afterTest(async () => {
      await lab.clear()
      lab.remove()
    })
    const options = ['-k', randomBytes(32).toString('base64'), '--log-level', 'debug']
    const [nearClock, farClock] = [new FalseClock(), new FalseClock()]
    const listen = endpoint.replace(':', '://[::]:')
    const start = () => lab.far.qanatWith(farClock.environment, FAR, NEAR, ...options, '--listen', listen)
    const far = start()
    await far.line('listening')
    const url = endpoint.replace(':', `://${lab.far.ipv4}:`)
    const near = lab.near.qanatWith(
      ...([nearClock.environment, NEAR, FAR, ...options, '-p', url, '--proxy', 'none'] as const),
    )
    await near.line(REACHED)
    const pings = new Pings(lab.near, FAR)
    await pings.firstAfter(0)
    const begun = Date.now()
    for (const clock of [nearClock, farClock]) {
      for (const step of STEPS) {
        clock.set(step)
        await sleep(PAUSE)
      }
    }
    await pings.firstAfter(Date.now())
    expect(pings.longestGap(begun)).toBeLessThan(GAP)
    expect([endpoint, sessionsOf(near)]).toEqual([endpoint, 1])
    expect(errorsOf(near)).toEqual([])

    // A new server whose clock is a day behind takes the client's initiations.
    farClock.set(-DAY)
    far.kill('SIGKILL')
    await far.ending()
    await start().line('listening')
    await pings.firstAfter(Date.now())
    expect([endpoint, sessionsOf(near)]).toEqual([endpoint, 2])
  }
})
