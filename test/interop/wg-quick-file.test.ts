import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { INNER, type LabHost, QANAT, REACHED } from '../../lab/lab.js'
import { WIRE } from '../../lab/namespaces.js'
import type { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { lossOf } from '../support/e2e/connect.js'
import { Identities } from '../support/e2e/identities.js'
import { groupLab } from '../support/e2e/labs/group-lab.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { NEEDS } from './wireguard-tunnel.js'

const [SERVER4, CLIENT4] = INNER.ipv4
const [SERVER6, CLIENT6] = INNER.ipv6

/** As somebody wrote them by hand for wg-quick, whose implementation is wireguard-go. */
const serverFile = (keys: Identities) => `# the hub, do not touch!
[Interface]
  Address=${SERVER4}/24 , ${SERVER6}/64
ListenPort    = 51820 # open in the firewall
PrivateKey = ${keys.far.privateKey}
saveconfig = false

[Peer]
# laptop
PublicKey = ${keys.near.publicKey}
PreSharedKey=${keys.sharedKey}
AllowedIPs = ${CLIENT4}/32
AllowedIPs = ${CLIENT6}
`
const clientFile = (keys: Identities, server: string) => `[interface]
address = ${CLIENT4}/32
address = ${CLIENT6}/128
privatekey = ${keys.near.privateKey}
mtu = 1400
table = auto

[peer]
publickey = ${keys.far.publicKey}
presharedkey = ${keys.sharedKey}
allowedips = ${SERVER4}/24, ${SERVER6}/64
endpoint = ${server}:51820
persistentkeepalive = 25
`

describeWhere([...NEEDS, 'program wg-quick'], 'a wg-quick file, unchanged,', () => {
  const lab = groupLab()
  let keys: Identities
  let folder: string
  /** Names of interfaces, by which wg-quick finds its files; all namespaces together have them once. */
  let server: string
  let client: string
  beforeEach(() => {
    keys = new Identities()
    folder = temporaryFolder()
    const name = randomBytes(4).toString('hex')
    server = join(folder, `s${name}.conf`)
    client = join(folder, `c${name}.conf`)
    writeFileSync(server, serverFile(keys), { mode: 0o600 })
    writeFileSync(client, clientFile(keys, lab.far.ipv4), { mode: 0o600 })
  })

  /** Locks are where they are removed with the files. */
  function up(host: LabHost, file: string, env: NodeJS.ProcessEnv = {}): Program {
    return host.start(process.execPath, [QANAT, 'up', file], {
      env: { ...process.env, RUNTIME_DIRECTORY: folder, ...env },
    })
  }

  it("of a client takes Qanat to wireguard-go's server", async () => {
    await wgQuick(lab.far, 'up', server)
    const qanat = up(lab.near, client)
    await qanat.line(REACHED)
    await expectPings(lab.near, SERVER4, SERVER6)
    await wgQuick(lab.far, 'down', server)
  })

  it("of a server takes wireguard-go's client to Qanat", async () => {
    const qanat = up(lab.far, server)
    await qanat.line('listening')
    await wgQuick(lab.near, 'up', client)
    await expectPings(lab.near, SERVER4, SERVER6)
    await expectPings(lab.far, CLIENT4, CLIENT6)
    await wgQuick(lab.near, 'down', client)
  })

  it('at both ends, with the interfaces that wg-quick would make', async () => {
    await up(lab.far, server).line('listening')
    await up(lab.near, client).line(REACHED)
    await expectPings(lab.near, SERVER4, SERVER6)
    expect(await lab.near.tunnels()).toEqual([/\w+(?=\.conf)/.exec(client)![0]])
    const [link] = JSON.parse(
      await lab.near.run('ip', '-json', 'link', 'show', ...(await lab.near.tunnels())),
    )
    expect(link.mtu).toBe(1400)
  })

  it('has its routes in the table that it names', async () => {
    const text = clientFile(keys, lab.far.ipv4).replace('table = auto', 'Table = 51820')
    writeFileSync(client, text.replace(`${SERVER4}/24, `, '0.0.0.0/0, '))
    await up(lab.near, client).line('listening')
    expect(await lab.near.run('ip', 'route', 'show', 'table', '51820')).toMatch(/^default dev c\w+ /)
    expect(await lab.near.run('ip', 'route', 'show')).not.toContain('default')
  })

  it('has an MTU that only IPv4 takes', async () => {
    const withoutIpv6 = (text: string) =>
      text.replaceAll(/ ?, (fd00::\d\/64)|^(AllowedIPs|address) = fd00::.*\n/gm, '')
    const small = (text: string) => withoutIpv6(text).replace(/^mtu = .*\n|^saveconfig.*\n/m, 'MTU = 576\n')
    writeFileSync(server, small(serverFile(keys)), { mode: 0o600 })
    writeFileSync(client, small(clientFile(keys, lab.far.ipv4)), { mode: 0o600 })
    await up(lab.far, server).line('listening')
    await up(lab.near, client).line(REACHED)
    await lab.near.run('ping', '-c', '1', '-w', '10', '-s', '1400', SERVER4)
    await lab.near.run('ping', '-c', '1', '-w', '10', '-M', 'do', '-s', '548', SERVER4)
  })

  it('of a server starts without a peer, which a reload admits', async () => {
    const text = serverFile(keys)
    writeFileSync(server, text.replace(/\[Peer\].*/s, ''), { mode: 0o600 })
    const qanat = up(lab.far, server)
    await qanat.line('listening')
    expect(qanat.stderr.join('\n')).toContain('[Peer] is missing, so nothing is carried')
    writeFileSync(server, text, { mode: 0o600 })
    qanat.kill('SIGHUP')
    await qanat.line('configuration applied')
    await wgQuick(lab.near, 'up', client)
    await expectPings(lab.near, SERVER4)
    await wgQuick(lab.near, 'down', client)
  })

  it('of a client starts without an address, which a hook adds', async () => {
    const text = clientFile(keys, lab.far.ipv4).replace(/^address.*\n/gm, '')
    const hook = `PostUp = ip address add ${CLIENT4}/32 dev %i`
    writeFileSync(client, text.replace('table = auto', hook), { mode: 0o600 })
    await wgQuick(lab.far, 'up', server)
    const qanat = up(lab.near, client)
    await qanat.line(REACHED)
    expect(qanat.stderr.join('\n')).toContain("'Address' in [Interface] is missing, so the device has none")
    await expectPings(lab.near, SERVER4)
    await wgQuick(lab.far, 'down', server)
  })

  it.each([
    ['', ''],
    ['1', ''],
    ['', 'FwMark = 7'],
  ])('reaches a server at its link-local address (QANAT_NO_NATIVE=%s, %j)', async (QANAT_NO_NATIVE, more) => {
    const address = await linkLocalAddress(lab.far)
    const text = clientFile(keys, `[${address}%${WIRE}]`)
    writeFileSync(client, text.replace('table = auto', more), { mode: 0o600 })
    await wgQuick(lab.far, 'up', server)
    const qanat = up(lab.near, client, { QANAT_NO_NATIVE })
    await qanat.line(REACHED)
    await expectPings(lab.near, SERVER4, SERVER6)
    await wgQuick(lab.far, 'down', server)
  })

  it('runs once at a time, and again after a crash', async () => {
    const first = up(lab.near, client)
    await first.line('listening')
    const second = up(lab.near, client)
    expect(await second.ending()).toEqual({ code: 2, signal: null })
    expect(second.stderr).toEqual([`qanat: Cannot start ${client}: process ${first.pid} is running it`])
    first.kill('SIGKILL')
    await first.ending()
    const third = up(lab.near, client)
    await third.line('listening')
    third.kill('SIGTERM')
    expect(await third.ending()).toEqual({ code: 0, signal: null })
  })
})

async function wgQuick(host: LabHost, command: 'up' | 'down', file: string): Promise<void> {
  const env = { ...process.env, WG_QUICK_USERSPACE_IMPLEMENTATION: 'wireguard-go' }
  await host.start('wg-quick', [command, file], { env }).output()
}

async function linkLocalAddress(host: LabHost): Promise<string> {
  const links = JSON.parse(await host.run('ip', '-json', '-6', 'address', 'show', 'dev', WIRE)) as {
    addr_info: { local: string; scope: string }[]
  }[]
  return links[0]!.addr_info.find(({ scope }) => scope === 'link')!.local
}

async function expectPings(host: LabHost, ...addresses: string[]): Promise<void> {
  for (const address of addresses) {
    await host.run('ping', '-c', '1', '-w', '10', address)
    expect(await lossOf(host, address)).toBe('0%')
  }
}
