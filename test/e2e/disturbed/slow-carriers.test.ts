import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { INNER, REACHED } from '../../../lab/lab.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { Transfer } from '../../support/e2e/transfer.js'

const [NEAR, FAR] = INNER.ipv4
const KEY = ['-k', randomBytes(32).toString('base64')]
const RATE = 10
/** What the bottleneck holds, in milliseconds of its rate. */
const BUFFER = 100
/**
 * Milliseconds that round trips under load may take beyond those of an idle tunnel: half of them, which tell what waits
 * in queues, and 99 %, among them those in which a busy machine had something else to do.
 */
const EXCESS_LIMITS = { median: 300, most: 1_000 }
/** Connections inside that send as fast as they can. */
const TRANSFERS = 3
/** Milliseconds until they have found their speed, and in which round trips are measured then. */
const SETTLING = 1_000
const MEASURED = 3_000

describeWhere(
  [
    ...(['root', '/dev/net/tun', 'program ip', 'program ping', 'program tc', 'program openssl'] as const),
    'a kernel with the qdisc tbf',
  ],
  `a tunnel over ${RATE} Mbit/s`,
  () => {
    const lab = groupLab()
    let authority: TestAuthority
    beforeAll(async () => {
      authority = new TestAuthority()
      await lab.limit(RATE, BUFFER)
    })

    for (const scheme of ['udp', 'tcp', 'ws', 'wss']) {
      it(`keeps the round trip under load short over ${scheme}`, async ({ annotate }) => {
        const endpoint = `${scheme}://${lab.far.ipv4}:1337`
        const { certFile, keyFile } = authority.issue(lab.far.ipv4)
        const tls = scheme === 'wss' ? ['--tls-cert', certFile, '--tls-key', keyFile] : []
        await lab.far.qanat(FAR, NEAR, ...KEY, '--listen', `${scheme}://[::]:1337`, ...tls).line('listening')
        const near = [NEAR, FAR, ...KEY, '-p', endpoint, '--proxy', 'none', '--tls-ca', authority.caFile]
        await lab.near.qanat(...near).line(REACHED)
        const pings = new Pings(lab.near, FAR)
        await pings.firstAfter(Date.now() + SETTLING / 2)
        const base = quantile(pings, 0, 0.5)
        for (let count = 0; count < TRANSFERS; count++) {
          await Transfer.start(lab.near, lab.far, NEAR, 8000 + count)
        }
        await sleep(SETTLING)
        const since = Date.now()
        await sleep(MEASURED)
        const [median, most] = [0.5, 0.99].map((part) => quantile(pings, since, part)) as [number, number]
        await annotate(`round trip: ${base} ms idle; under load ${median} ms, and up to ${most} ms for 99 %`)
        expect(median).toBeLessThanOrEqual(base + EXCESS_LIMITS.median)
        expect(most).toBeLessThanOrEqual(base + EXCESS_LIMITS.most)
      })
    }
  },
)

/** Milliseconds that this part of the round trips since a time took at the most. */
function quantile({ answers }: Pings, since: number, part: number): number {
  const times = answers.filter(({ at }) => at > since).map(({ roundTrip }) => roundTrip)
  times.sort((one, other) => one - other)
  return times[Math.floor(part * (times.length - 1))]!
}
