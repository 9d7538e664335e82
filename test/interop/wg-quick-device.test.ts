import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { INNER, type LabHost, QANAT } from '../../lab/lab.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { UAPI_FOLDER } from '../../src/control/uapi/socket-place.js'
import { lossOf } from '../support/e2e/connect.js'
import { Identities } from '../support/e2e/identities.js'
import { groupLab } from '../support/e2e/labs/group-lab.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { eventually } from '../support/eventually.js'
import { NEEDS, OUR_PORT, THEIR_PORT } from './wireguard-tunnel.js'

const [OURS4, THEIRS4] = INNER.ipv4
const [OURS6, THEIRS6] = INNER.ipv6
const QANAT_WG = join(dirname(QANAT), 'qanat-wg.js')

describeWhere([...NEEDS, 'program wg-quick'], "wg-quick, with qanat-wg in wireguard-go's place,", () => {
  const lab = groupLab()
  let folder: string
  let keys: Identities
  let name: string
  beforeEach(() => {
    folder = temporaryFolder()
    keys = new Identities()
    name = `q${randomBytes(4).toString('hex')}`
    writeFileSync(join(folder, 'qanat-wg'), `#!/bin/sh\nexec '${process.execPath}' '${QANAT_WG}' "$@"\n`, {
      mode: 0o755,
    })
  })

  const fileOf = (device: string, ...lines: readonly string[]) => {
    const path = join(folder, `${device}.conf`)
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
    return path
  }

  async function wgQuick(
    host: LabHost,
    command: 'up' | 'down',
    file: string,
    program = 'qanat-wg',
  ): Promise<void> {
    const PATH = [folder, process.env.PATH].join(delimiter)
    const env = { ...process.env, PATH, WG_QUICK_USERSPACE_IMPLEMENTATION: program }
    await host.start('wg-quick', [command, file], { env }).output()
  }

  const stateOf = async (host: LabHost) =>
    Promise.all(
      [
        ['address'],
        ['rule'],
        ['-6', 'rule'],
        ['route', 'show', 'table', 'all'],
        ['-6', 'route', 'show', 'table', 'all'],
      ].map((words) => host.run('ip', ...words)),
    )

  for (const ranges of ['the networks of the far end', 'all networks']) {
    it(`makes a device that carries ${ranges}, and leaves nothing behind`, async () => {
      const everything = ranges === 'all networks'
      const far = fileOf(
        `s${name}`,
        ...['[Interface]', `PrivateKey = ${keys.far.privateKey}`, `ListenPort = ${THEIR_PORT}`],
        ...[`Address = ${THEIRS4}/24, ${THEIRS6}/64`, '[Peer]', `PublicKey = ${keys.near.publicKey}`],
        `AllowedIPs = ${OURS4}/32, ${OURS6}/128`,
      )
      const hooks = join(folder, 'hooks')
      const near = fileOf(
        name,
        ...['[Interface]', `PrivateKey = ${keys.near.privateKey}`, `ListenPort = ${OUR_PORT}`],
        ...[`Address = ${OURS4}/24, ${OURS6}/64`, 'MTU = 1380', `PostUp = wg show %i fwmark > ${hooks}`],
        ...['[Peer]', `PublicKey = ${keys.far.publicKey}`, `Endpoint = ${lab.far.ipv4}:${THEIR_PORT}`],
        `AllowedIPs = ${everything ? '0.0.0.0/0, ::/0' : `${THEIRS4}/32, ${THEIRS6}/128`}`,
      )
      await wgQuick(lab.far, 'up', far, 'wireguard-go')
      await expect.poll(() => lab.near.run('ip', 'address'), { timeout: 5_000 }).not.toContain('tentative')
      const before = await stateOf(lab.near)
      await wgQuick(lab.near, 'up', near)
      expect(readFileSync(hooks, 'utf8')).toBe(everything ? '0xca6c\n' : 'off\n')
      for (const address of [THEIRS4, THEIRS6]) {
        await lab.near.run('ping', '-c', '1', '-w', '10', address)
        expect(await lossOf(lab.near, address)).toBe('0%')
      }
      await lab.far.run('ping', '-c', '1', '-w', '10', OURS4)
      await wgQuick(lab.near, 'down', near)
      await wgQuick(lab.far, 'down', far, 'wireguard-go')
      await eventually('its process ends', () => existsSync(join(UAPI_FOLDER, `${name}.sock`)), false)
      expect(await stateOf(lab.near)).toEqual(before)
    })
  }

  it('has packets fit the MTU that others give its device', async () => {
    const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) }
    const device = lab.near.start('qanat-wg', ['--foreground', name], { env })
    await device.line('TUN device is up')
    await lab.near.run('ip', 'link', 'set', name, 'mtu', '1380')
    expect(await device.line('the device has another MTU')).toContain('1380')
    device.kill('SIGTERM')
    expect(await device.ending()).toEqual({ code: 0, signal: null })
  })

  it('tells in one line why a device cannot be had', async () => {
    const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) }
    const refused = lab.near.start('qanat-wg', ['a-name-that-is-too-long'], { env })
    expect(await refused.ending()).toEqual({ code: 2, signal: null })
    expect(refused.stderr).toHaveLength(1)
    expect(refused.stderr[0]).toContain('a-name-that-is-too-long')
  })
})
