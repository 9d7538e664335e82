import { expect, it } from 'vitest'
import { WIRE } from '../../../lab/namespaces.js'
import { CAPTURED_TUNNEL, groupFullTunnelLab, OUTER, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5186
/** Seconds between packets. */
const INTERVAL = '0.002'
const UP = 'TUN device is up'

describeWhere(CAPTURED_TUNNEL, 'a host under a flood of packets', () => {
  const lab = groupFullTunnelLab()

  it('is closed by a kill switch once, stays so over reloads, kill -9 and the next start, and opens once', async () => {
    const filter = `icmp[icmptype] == icmp-echo and dst host ${WORLD.ipv4}`
    const capture = lab.client.start('tcpdump', ['-lnpQ', 'out', '--immediate-mode', '-i', WIRE, filter])
    await capture.line('listening on')
    const flood = lab.client.start('ping', ['-n', '-i', INTERVAL, WORLD.ipv4])
    const inTheClear = () =>
      capture.stdout.map((line) => Number(/seq (\d+)/.exec(line)?.[1])).sort((a, b) => a - b)
    const passes = async () => {
      const before = capture.stdout.length
      await eventually('packets leave in the clear', () => capture.stdout.length > before)
    }
    await passes()
    const tunnel = lab.up(lab.client, file())
    await tunnel.line(UP)
    const closed = inTheClear().length
    for (const more of [['10.77.0.0/24'], ['10.77.0.0/24', '10.78.0.0/24'], []]) {
      file(more)
      await lab.reload(lab.client, file(more)).output()
    }
    tunnel.kill('SIGKILL')
    await tunnel.ending()
    const next = lab.up(lab.client, file())
    await next.line(UP)
    expect(inTheClear().length).toBe(closed)
    next.kill('SIGTERM')
    expect(await next.ending()).toEqual({ code: 0, signal: null })
    await passes()
    flood.kill('SIGINT')
    await flood.ending()
    expect(runsIn(inTheClear())).toHaveLength(2)
  })

  function file(more: readonly string[] = []): string {
    return lab.clientFile({
      endpoint: `udp://${OUTER}:${PORT}`,
      allowed: ['0.0.0.0/0', '::/0', ...more],
      more: ['kill-switch = true'],
    })
  }
})

/** The parts of a rising list in which each number follows the one before. */
function runsIn(numbers: readonly number[]): number[][] {
  const runs: number[][] = []
  for (const number of numbers) {
    if (runs.at(-1)?.at(-1) === number - 1) runs.at(-1)!.push(number)
    else runs.push([number])
  }
  return runs
}
