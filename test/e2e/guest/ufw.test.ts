import { expect, it } from 'vitest'
import { mountsOf } from '../../../lab/debian-packages.js'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import { START_UFW } from '../../support/e2e/debian/services.js'
import { groupFullTunnelLab, OUTER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { WITHOUT_NFT } from '../../support/e2e/packet-filters.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5197

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program iptables-legacy', 'program python3', 'Debian package ufw'] as const),
  ],
  'ufw beside a kill switch that iptables makes',
  () => {
    const lab = groupFullTunnelLab()
    const ping = (...where: string[]) => lab.client.run('ping', '-c', '1', '-W', '1', ...where)

    it('has the kill switch back within a second of its reload, is told, and stays as it was', async () => {
      await lab.client.remount(`${mountsOf(['ufw'])}\n${WITHOUT_NFT}`)
      await lab.client.run('sh', '-ec', START_UFW)
      const before = await stateOf(lab.client)
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      const client = lab.up(
        lab.client,
        lab.clientFile({
          ...{ endpoint: `udp://${OUTER}:${PORT}`, allowed: ['0.0.0.0/0', '::/0'] },
          more: ['kill-switch = true'],
        }),
      )
      await client.line(REACHED)
      const jumps = async () => {
        const saved = await Promise.all(['', '6'].map((v) => lab.client.run(`ip${v}tables-legacy-save`)))
        return saved.filter((rules) => /^-A OUTPUT -j qanat/m.test(rules)).length
      }
      expect(await jumps()).toBe(2)
      await lab.client.run('ufw', 'reload')
      const reloaded = Date.now()
      await eventually('the kill switch is back', jumps, 2)
      expect(Date.now() - reloaded).toBeLessThan(1_000)
      await client.line('restored what was removed')
      await expect(ping('-I', WIRE, OUTER)).rejects.toThrow()
      await ping(WORLD.ipv4)
      await ping(WORLD.ipv6)
      client.kill('SIGTERM')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
      expect(await stateOf(lab.client)).toBe(before)
    })
  },
)
