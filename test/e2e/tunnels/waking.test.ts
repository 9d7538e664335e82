import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { INNER, Lab, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { afterTest } from '../../support/after-test.js'
import { Firewall } from '../../support/e2e/firewall.js'
import { logOf, sessionsOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [NEAR, FAR] = INNER.ipv4
const OPTIONS = ['-k', randomBytes(32).toString('base64'), '--log-level', 'debug']
/** Milliseconds that a process stands still: longer than an idle carrier is left alone. */
const STOPPED = 40_000
/** Milliseconds from its waking until packets pass: what a dead carrier may take. */
const AWAKE_LIMIT = 5_000
/** Milliseconds: 1 s of silence, three probes, and the time that a busy machine takes. */
const NOTICED_LIMIT = 5_000
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
          { endpoint: 'udp:1337', restarted: false },
          { endpoint: 'udp:1337', restarted: true },
          { endpoint: 'tcp:1338', restarted: false },
          { endpoint: 'tcp:1338', restarted: true },
          { endpoint: 'ws:8080/', restarted: false },
        ].map(async ({ endpoint, restarted }) => {
          const lab = newLab()
          const far = await startFar(lab, endpoint)
          const near = await startNear(lab, endpoint)
          const pings = new Pings(lab.near, FAR)
          await pings.firstAfter(0)
          near.kill('SIGSTOP')
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
          expect([kind, sessionsOf(near)]).toEqual([kind, restarted ? 2 : 1])
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
      clock.advance(SLEPT)
      await near.line('the host was suspended')
      const took = await pings.firstAfter(woken + 100)
      await annotate(`packets pass ${took + 100} ms after waking`)
      expect(took).toBeLessThanOrEqual(NOTICED_LIMIT)
      expect(logOf(near).filter(({ msg }) => msg === REACHED)).toHaveLength(2)
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

/** A process's own wall clock. Its monotonic one goes on as the kernel's, as both do across a sleep. */
class FalseClock {
  readonly #folder = temporaryFolder()
  readonly #file = join(this.#folder, 'offset')
  readonly environment: NodeJS.ProcessEnv = {
    LD_PRELOAD: execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD']).toString().trim(),
    FAKETIME_TIMESTAMP_FILE: this.#file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }

  constructor() {
    this.advance(0)
  }

  advance(seconds: number): void {
    writeFileSync(this.#file, `+${seconds}`)
  }
}
