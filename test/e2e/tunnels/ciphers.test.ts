import { beforeAll, expect, it } from 'vitest'
import { INNER, type LabHost, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { lossOf } from '../../support/e2e/connect.js'
import { Identities } from '../../support/e2e/identities.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const COPY_BYTES = 20_000_000
/** Seconds within which traffic goes on after an end was killed and started again: over UDP. */
const RESTART_LIMIT = 20
/** Milliseconds for a copy that is interrupted, on a busy machine. */
const TIMEOUT = 120_000

const [NEAR, FAR] = INNER.ipv4
const NEEDS = ['root', '/dev/net/tun', 'program ip', 'program ping'] as const

for (const cipher of ['wireguard', 'aes-256-gcm', 'chacha20-poly1305']) {
  describeWhere(NEEDS, `a tunnel over UDP between two ends with the cipher ${cipher}`, () => {
    const lab = groupLab()
    let keys: Identities
    beforeAll(() => {
      keys = new Identities()
    })

    it(
      'loses no ping, and copies 20 MB each way',
      async () => {
        const far = await startFar()
        await startNear()
        expect(await lossOf(lab.near, FAR)).toBe('0%')
        expect(await lossOf(lab.far, NEAR)).toBe('0%')
        await copy(lab.near, lab.far, NEAR, COPY_BYTES)
        await copy(lab.far, lab.near, FAR, COPY_BYTES)
        expect(logOf(far)).toContainEqual(expect.objectContaining({ message: 'peer uses a new link' }))
      },
      TIMEOUT,
    )

    it(
      'goes on within 20 s when the end that waits is killed in mid-transfer and started again',
      async () => {
        const far = await startFar()
        await startNear()
        await copy(lab.far, lab.near, FAR, COPY_BYTES, async () => {
          await kill(far)
          await startFar()
          await answersInTime(lab.near, FAR)
        })
      },
      TIMEOUT,
    )

    it(
      'goes on within 20 s when the end that calls is killed in mid-transfer and started again',
      async () => {
        await startFar()
        const near = await startNear()
        await copy(lab.far, lab.near, FAR, COPY_BYTES, async () => {
          await kill(near)
          await startNear()
          await answersInTime(lab.near, FAR)
        })
      },
      TIMEOUT,
    )

    async function startFar(): Promise<Program> {
      const far = lab.far.qanat(...keyOptions(keys.far.file, keys.near.publicKey), ...addresses(FAR, NEAR))
      await far.line('listening')
      return far
    }

    async function startNear(): Promise<Program> {
      const options = keyOptions(keys.near.file, keys.far.publicKey)
      const near = lab.near.qanat('-p', lab.far.ipv4, ...options, ...addresses(NEAR, FAR))
      await near.line(REACHED)
      return near
    }

    function keyOptions(file: string, peerKey: string): string[] {
      if (cipher === 'wireguard') return ['--private-key-file', file, '--peer-key', peerKey]
      return ['--cipher', cipher, '--key-file', keys.sharedFile]
    }
  })
}

function addresses(own: string, peer: string): string[] {
  return ['--address', `${own}/24`, '--allowed-ips', `${peer}/32`]
}

async function kill(end: Program): Promise<void> {
  end.kill('SIGKILL')
  await end.ending()
}

/** Waits until one ping was answered. */
async function answersInTime(host: LabHost, address: string): Promise<void> {
  const ping = host.start('ping', ['-i', '0.1', '-c', '1', '-w', String(RESTART_LIMIT), address])
  await ping.output((RESTART_LIMIT + 5) * 1000)
}
