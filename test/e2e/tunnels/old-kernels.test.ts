import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { fixture, INNER, REACHED } from '../../../lab/lab.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { errorsOf, logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const COPY_BYTES = 20_000_000
const [NEAR, FAR] = INNER.ipv4
const KEY = ['-k', randomBytes(32).toString('base64')]
const SEGMENTS = fixture('udp_segments.py')

const KERNELS = [
  ['for UDP', 'no-udp', /^the kernel has no segmentation offload for UDP /],
  ['at all', 'none', /^the kernel has no segmentation offload for TUN devices/],
] as const

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program python3'],
  'a tunnel to a kernel with less offload than the far end has',
  () => {
    const lab = groupLab()

    for (const scheme of ['udp', 'tcp'] as const) {
      it.each(KERNELS)(
        `says so once and carries all the same over ${scheme}, without it %s`,
        async (_, driver, line) => {
          const endpoint = `${scheme}://${lab.far.ipv4}:1337`
          const plugin = ['--plugin', fixture('old-kernels.js'), '--tun-driver', driver]
          await lab.far.qanat(FAR, NEAR, ...KEY, '--listen', endpoint).line('listening')
          const near = lab.near.qanatOfModules(NEAR, FAR, ...KEY, ...plugin, '-p', endpoint)
          await near.line(REACHED)
          expect(await lossOf(lab.near, FAR)).toBe('0%')
          await copy(lab.far, lab.near, FAR, COPY_BYTES)
          await copy(lab.near, lab.far, NEAR, COPY_BYTES)
          await sendSegments()
          near.kill('SIGTERM')
          expect(await near.ending()).toEqual({ code: 0, signal: null })
          expect(errorsOf(near)).toEqual([])
          expect(logOf(near).filter(({ message }) => line.test(message))).toHaveLength(1)
          expect(logOf(near).find(({ message }) => message === 'tunnel carried')).toMatchObject({
            dropped: {},
          })
        },
      )
    }

    /** From the far end, whose kernel makes super-packets of them, to the near one. */
    async function sendSegments(): Promise<void> {
      const receiver = lab.near.start('python3', [SEGMENTS, 'receive', NEAR])
      await receiver.line('listening', 'stdout')
      await lab.far.run('python3', SEGMENTS, 'send', NEAR)
      await receiver.line('all came', 'stdout')
    }
  },
)
