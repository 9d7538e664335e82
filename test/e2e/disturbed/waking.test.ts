import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { INNER, Lab, REACHED } from '../../../lab/lab.js'
import { statusOf } from '../../../lab/process-status.js'
import type { Program } from '../../../lab/program.js'
import { afterTest } from '../../support/after-test.js'
import { FalseClock } from '../../support/e2e/false-clock.js'
import { Firewall } from '../../support/e2e/firewall.js'
import { logOf, sessionsOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const [NEAR, FAR] = INNER.ipv4
const OPTIONS = ['-k', randomBytes(32).toString('base64'), '--log-level', 'debug']
/** Milliseconds that a process stands still: longer than an idle carrier is left alone. */
const STOPPED = 40_000
/**
 * Milliseconds from its waking until packets pass. A dead carrier is noticed after 1 s of silence and three probes; without
 * them it would be by the cipher, which takes 15 s.
 */
const AWAKE_LIMIT = 15_000
/** Seconds by which the wall clock is ahead after sleep. */
const SLEPT = 3_600

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program faketime'],
  'a host that wakes',
  () => {
    it(`goes on after ${STOPPED / 1000} s in which the process stood still, also where its server was restarted meanwhile`, async ({
      annotate,
    }) => {
      await Promise.all(
        [
          { endpoint: 'udp:1337' },
          { endpoint: 'udp:1337', restarted: 'no answer' },
          { endpoint: 'tcp:1338' },
          { endpoint: 'tcp:1338', restarted: 'the far end closed the connection' },
          { endpoint: 'ws:8080/' },
        ].map(async ({ endpoint, restarted }) => {
          const lab = newLab()
          const far = await startFar(lab, endpoint)
          const near = await startNear(lab, endpoint)
          // The last word is the near end's: the far end waits for no answer, so it starts no handshake meanwhile.
          await lab.far.run('ping', '-c', '1', '-W', '10', NEAR)
          near.kill('SIGSTOP')
          await eventually('it stands still', () => statusOf(near.pid)('State').startsWith('T'))
          const pings = new Pings(lab.near, FAR)
          await sleep(STOPPED)
          if (restarted) {
            far.kill('SIGKILL')
            await far.ending()
            await startFar(lab, endpoint)
          }
          const woken = Date.now()
          near.kill('SIGCONT')
          const took = await pings.firstAfter(woken)
          const kind = restarted ? `${endpoint}, its server restarted` : endpoint
          await annotate(`${kind}: packets pass ${took} ms after waking`)
          expect(took).toBeLessThanOrEqual(AWAKE_LIMIT)
          const lost = logOf(near).flatMap(({ message, why }) =>
            message === 'link lost' ? [String(why)] : [],
          )
          if (restarted) {
            expect(sessionsOf(near)).toBeGreaterThanOrEqual(2)
            expect([kind, lost[0]]).toEqual([kind, restarted])
          } else expect([kind, sessionsOf(near), lost]).toEqual([kind, 1, []])
        }),
      )
    }, 90_000)

    it('notices by the wall clock that it slept, and leaves a connection that a NAT has forgotten', async ({
      annotate,
    }) => {
      const lab = newLab()
      const clock = new FalseClock()
      const far = await startFar(lab, 'tcp:1338')
      const near = await startNear(lab, 'tcp:1338', clock.environment)
      const pings = new Pings(lab.near, FAR)
      await pings.firstAfter(0)
      const port = /tcp:\/\/[\d.]+:(\d+)/.exec(await far.line('peer uses a new link'))![1]
      await new Firewall(lab).rules(`tcp sport ${port} drop`, `tcp dport ${port} drop`)
      const woken = Date.now()
      clock.set(SLEPT)
      await near.line('the host was suspended')
      const took = await pings.firstAfter(woken)
      await annotate(`packets pass ${took} ms after waking`)
      expect(took).toBeLessThanOrEqual(AWAKE_LIMIT)
      const moves = logOf(near).flatMap(({ message, why }) =>
        [REACHED, 'the host was suspended', 'link lost'].includes(message) ? [why ?? message] : [],
      )
      expect(moves).toEqual(['it comes first', 'the host was suspended', 'no answer', 'it answers again'])
      expect(sessionsOf(near)).toBe(1)
    })
  },
)

function newLab(): Lab {
  const lab = new Lab()
  afterTest(async () => {
    await lab.clear()
    lab.remove()
  })
  return lab
}

async function startFar(lab: Lab, endpoint: string): Promise<Program> {
  const far = lab.far.qanat(FAR, NEAR, ...OPTIONS, '--listen', endpoint.replace(':', '://[::]:'))
  await far.line('listening')
  return far
}

async function startNear(lab: Lab, endpoint: string, env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const url = endpoint.replace(':', `://${lab.far.ipv4}:`)
  const near = lab.near.qanatWith(env, NEAR, FAR, ...OPTIONS, '-p', url, '--proxy', 'none')
  await near.line(REACHED)
  return near
}
