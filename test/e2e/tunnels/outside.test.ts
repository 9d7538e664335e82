import { expect, it } from 'vitest'
import { INNER, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { connect, lossOf, XOR } from '../../support/e2e/connect.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [NEAR, FAR] = INNER.ipv4
/** Bytes. The largest payload of UDP over IPv4 is 65,535 less two headers; IPv6 carries 20 more. */
const NOISE_SIZES = [0, 1, 3, 4, 7, 8, 9, 20, 40, 100, 1000, 1419, 1420, 1472, 1473, 9000, 40_000, 65_507]

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'the outside of a tunnel', () => {
  const lab = groupLab()

  it('may be IPv6', async () => {
    const far = lab.far.qanat(FAR, NEAR, ...XOR)
    await far.line('listening')
    const near = lab.near.qanat('-p', lab.far.ipv6, NEAR, FAR, ...XOR)
    await near.line(`udp://[${lab.far.ipv6}]:1337`)
    expect(await lossOf(lab.near, FAR)).toBe('0%')
  })

  it('may be IPv4 or IPv6 for an end that listens on port 1337, whichever comes', async () => {
    const far = lab.far.qanat(FAR, NEAR, ...XOR)
    await far.line('listening')
    const near = lab.near.qanat('-p', lab.far.ipv4, NEAR, FAR, ...XOR)
    await near.line(REACHED)
    expect(await lossOf(lab.near, FAR)).toBe('0%')
  })

  it('has port 1337 at both ends', async () => {
    await connect(lab, INNER.ipv4)
    expect(await lossOf(lab.far, NEAR)).toBe('0%')
    for (const host of [lab.near, lab.far]) expect(await host.udpPorts()).toContain(1337)
  })

  it('has the ports that it is given', async () => {
    const far = lab.far.qanat(FAR, NEAR, ...XOR, '--listen', '[::]:5000')
    await far.line('udp://[::]:5000')
    await lab.near.qanat('-p', `[${lab.far.ipv6}]:5000`, NEAR, FAR, ...XOR).line(REACHED)
    expect(await lossOf(lab.near, FAR)).toBe('0%')
  })

  it('may be any sender for an end that waits: random bytes are dropped, counted and take nothing over', async () => {
    const far = lab.far.qanat(FAR, NEAR, ...XOR)
    await far.line('listening')
    await sendNoise()
    await lab.near.qanat('-p', lab.far.ipv4, NEAR, FAR, ...XOR).line(REACHED)
    expect(await lossOf(lab.near, FAR)).toBe('0%')
    await sendNoise()
    expect(await lossOf(lab.near, FAR)).toBe('0%')
    const { 'cipher.malformed': malformed, 'pump.unknownSource': unknown } = await droppedBy(far)
    expect(malformed).toBeGreaterThanOrEqual(NOISE_SIZES.length)
    expect(unknown).toBeGreaterThanOrEqual(NOISE_SIZES.length)
  })

  /** Random bytes from addresses that are no peer's, IPv4 and IPv6; each socket has a port of its own. */
  async function sendNoise(): Promise<void> {
    for (const address of [lab.far.ipv4, lab.far.ipv6]) {
      await lab.near.node('noise.js', address, '1337', NOISE_SIZES.join(',')).output()
    }
  }

  /** Stops an end, and returns what it says it has dropped. */
  async function droppedBy(end: Program): Promise<Record<string, number>> {
    end.kill('SIGTERM')
    expect((await end.ending()).code).toBe(0)
    const carried = logOf(end).find(({ message }) => message === 'tunnel carried')
    return carried!.dropped as Record<string, number>
  }
})
