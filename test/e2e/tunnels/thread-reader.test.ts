import { expect, it } from 'vitest'
import { fixture, INNER, REACHED } from '../../../lab/lab.js'
import { lossOf, XOR } from '../../support/e2e/connect.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { errorsOf, logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [NEAR, FAR] = INNER.ipv4
const THREAD = ['--plugin', fixture('thread-driver.js'), '--tun-driver', 'thread']

describeWhere(
  ['root', '/dev/net/tun', 'the package tuntap2', 'program ip', 'program ping'],
  'a portable TUN device that only a thread can read',
  () => {
    const lab = groupLab()

    it('says so once, carries, and takes its interface away at the end', async () => {
      const far = lab.far.qanat(FAR, NEAR, ...XOR, ...THREAD, '-p', lab.near.ipv4)
      const near = lab.near.qanat(NEAR, FAR, ...XOR, '--tun-driver', 'tuntap2', '-p', lab.far.ipv4)
      await Promise.all([far.line(REACHED), near.line(REACHED)])
      expect(await lossOf(lab.near, FAR)).toBe('0%')
      far.kill('SIGTERM')
      expect(await far.ending()).toEqual({ code: 0, signal: null })
      expect(await lab.far.tunnels()).toEqual([])
      expect(errorsOf(far)).toEqual([])
      const slower = logOf(far).filter(({ message }) =>
        String(message).startsWith('reading the TUN device in a thread'),
      )
      expect(slower).toHaveLength(1)
      expect(slower[0]).toMatchObject({ why: 'there are no pipes' })
    })

    it('fails once where its interface is removed', async () => {
      const near = lab.near.qanat(NEAR, FAR, ...XOR, ...THREAD, '--tun', 'qanat0', '-p', lab.far.ipv4)
      await near.line(REACHED)
      await lab.near.run('ip', 'link', 'delete', 'qanat0')
      expect(await near.ending()).toEqual({ code: 1, signal: null })
      expect(errorsOf(near)).toEqual([expect.stringMatching(/^Cannot read from qanat0: /)])
    })
  },
)
