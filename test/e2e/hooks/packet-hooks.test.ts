import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { INNER, type LabHost, REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { generateSharedKey } from '../../../src/ciphers/keys/keys.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [NEAR, FAR] = INNER.ipv4
const TUN = 'hooked'
/** The far host, as both hosts know it, though packets on their way name FAR. */
const ALIAS = '10.9.9.9'
/** Answered by a hook of the near end. */
const NOBODY = '10.9.9.8'
const COPIED = 8_000_000
const PINGS = 5

/** Hooks that see super-packets and packets: one translates addresses, one answers pings. */
const MODULE = `
import { editPacket, PacketHeaders, packetOf, writeChecksums } from 'qanat'
const bytesOf = (address) => Uint8Array.from(address.split('.').map(Number))
const [alias, far, nobody] = ['${ALIAS}', '${FAR}', '${NOBODY}'].map(bytesOf)
const headers = new PacketHeaders()
const has = (bytes, at, address) => address.every((byte, index) => bytes[at + index] === byte)
const translate = (from, to) => (packets) => {
  for (const packet of packets) {
    if (!headers.read(packet.bytes)) continue
    for (const at of [headers.source, headers.destination]) if (has(packet.bytes, at, from)) editPacket(packet, at, to)
  }
}
const echo = (packet) => {
  const bytes = packet.bytes.slice()
  bytes.copyWithin(16, 12, 16)
  bytes.set(nobody, 12)
  bytes[20] = 0
  const reply = packetOf(bytes)
  writeChecksums(reply)
  return reply
}
const answer = (packets) => {
  const [rest, asked] = [[], []]
  for (const packet of packets) (has(packet.bytes, 16, nobody) ? asked : rest).push(packet)
  return asked.length === 0 ? undefined : { packets: rest, replies: asked.map(echo) }
}
export default {
  api: 1,
  name: 'test',
  packetHooks: {
    translate: {
      summary: 'addresses',
      sees: 'super-packets',
      create: () => ({ outgoing: translate(alias, far), incoming: translate(far, alias) }),
    },
    answer: { summary: 'pings', create: () => ({ outgoing: answer, incoming() {} }) },
  },
}
`

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'packet hooks', () => {
  const lab = groupLab()

  it('edit what kernels made and take, super-packets and partial checksums too, answer and drop', async () => {
    const folder = temporaryFolder()
    symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'))
    const module = join(folder, 'hooks.mjs')
    writeFileSync(module, MODULE)
    const common = ['-k', generateSharedKey(), '--transport', 'tcp', '--tun', TUN, '--plugin', module]
    const start = (host: LabHost, ...options: string[]) => host.qanat(...options, ...common)
    await start(lab.far, FAR, NEAR, '--hook', 'translate').line('listening')
    const near = start(lab.near, '-p', lab.far.ipv4, NEAR, FAR, '--hook', 'translate', '--hook', 'answer')
    await near.line(REACHED)
    await lab.far.run('ip', 'address', 'replace', `${ALIAS}/32`, 'dev', 'lo')
    for (const address of [ALIAS, NOBODY]) await lab.near.run('ip', 'route', 'add', address, 'dev', TUN)
    expect(await lossOf(lab.near, ALIAS, PINGS)).toBe('0%')
    expect(await lossOf(lab.near, NOBODY, PINGS)).toBe('0%')
    await copy(lab.far, lab.near, ALIAS, COPIED)
    near.kill('SIGTERM')
    expect(await near.ending()).toMatchObject({ code: 0 })
    expect(logOf(near).find(({ message }) => message === 'tunnel carried')).toMatchObject({
      dropped: { 'hooks.answer.dropped': expect.any(Number) },
    })
  })

  it('that nobody offers are told in one line, and nothing is made', async () => {
    const program = lab.near.qanat('-k', generateSharedKey(), NEAR, FAR, '--hook', 'no-such')
    expect(await program.ending()).toMatchObject({ code: 2 })
    expect(program.stderr.join()).toContain("Cannot choose packet hook 'no-such': there is none")
  })
})
