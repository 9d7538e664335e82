import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { INNER, type LabHost, QANAT, REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lossOf } from '../../support/e2e/connect.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { unpackedNode } from '../../support/node/unpacked-node.js'

const PLUGINS = join(import.meta.dirname, '../../../plugins')
const { version: VERSION } = JSON.parse(readFileSync(join(PLUGINS, 'rot13-cipher/package.json'), 'utf8')) as {
  readonly version: string
}
const ROT13 = ['--plugin', join(PLUGINS, 'rot13-cipher/index.js'), '--cipher', 'rot13']
/** By the name of its package, which npm links into node_modules. */
const UNIX = ['--plugin', 'qanat-unix-transport']
const PINGS = 20
const TYPED = `
import type { PacketHook, Plugin, PluginContext } from 'qanat/plugin'

function create({ log }: PluginContext): PacketHook {
  let isTold: boolean = false
  const outgoing = (): undefined => {
    if (!isTold) log.info('typed packets')
    isTold = true
  }
  return { outgoing } as const
}

export default {
  ...{ api: 1, name: 'typed' },
  packetHooks: { typed: { summary: 'for a test', create } },
} satisfies Plugin
`

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'the example plugins', () => {
  const [near, far] = INNER.ipv4
  const lab = groupLab()

  it('carry a tunnel sealed by rot13', async () => {
    await lab.near.qanat(...ROT13, near, far).line('listening')
    await lab.far.qanat(...ROT13, '-p', lab.near.ipv4, far, near).line(REACHED)
    expect(await lossOf(lab.far, near, PINGS)).toBe('0%')
    expect(await lossOf(lab.near, far, PINGS)).toBe('0%')
  })

  it('carry a tunnel over a Unix socket, together with rot13', async () => {
    const endpoint = `unix://${join(temporaryFolder(), 'socket')}`
    await lab.near.qanat(...ROT13, ...UNIX, '--listen', endpoint, near, far).line('listening')
    await lab.far.qanat(...ROT13, ...UNIX, '-p', endpoint, far, near).line(REACHED)
    expect(await lossOf(lab.far, near, PINGS)).toBe('0%')
    expect(await lossOf(lab.near, far, PINGS)).toBe('0%')
  })

  it('are listed among what can be chosen', async () => {
    const listed = await lab.near.qanat('plugins', ...ROT13.slice(0, 2), ...UNIX).output()
    expect(listed).toMatch(/^ {2}rot13 +adds 13 to every byte/m)
    expect(listed).toMatch(/^ {2}unix +connections over Unix sockets/m)
  })

  it('are shown with path, version and owner, in a list and once in the log of a start', async () => {
    const path = join(PLUGINS, 'rot13-cipher/index.js')
    const owner = statSync(path).uid
    const listed = await lab.near.qanat('plugins', ...ROT13.slice(0, 2)).output()
    expect(listed).toMatch(new RegExp(`^ {2}rot13 +${path}, version ${VERSION}, of user ${owner}$`, 'm'))
    const tunnel = lab.near.qanat(...ROT13, near, far)
    await tunnel.line('listening')
    const told = logOf(tunnel).filter(({ message }) => message === 'plugin loaded')
    expect(told).toEqual([expect.objectContaining({ plugin: 'rot13', path, version: VERSION, owner })])
  })
})

/** One that strips types, whatever runs the tests. */
const NODE = 'Node 26'

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping', NODE], 'a plugin in TypeScript', () => {
  const [near, far] = INNER.ipv4
  const lab = groupLab()

  it('carries a tunnel on a Node that strips types', async () => {
    const path = join(temporaryFolder(), 'typed.ts')
    writeFileSync(path, TYPED)
    const node = unpackedNode(NODE.replace('Node ', ''))!
    const start = (host: LabHost, ...ends: string[]) =>
      host.start(node, [QANAT, '-k', '12', '--cipher', 'xor', '--plugin', path, '--hook', 'typed', ...ends])
    await start(lab.near, near, far).line('listening')
    const tunnel = start(lab.far, '-p', lab.near.ipv4, far, near)
    await tunnel.line(REACHED)
    expect(await lossOf(lab.far, near, PINGS)).toBe('0%')
    await tunnel.line('typed packets')
  })
})
