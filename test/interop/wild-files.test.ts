import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { WIRE } from '../../lab/namespaces.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { readTunnelFile } from '../../src/cli/run/tunnel-file.js'
import { asError } from '../../src/core/api/errors.js'
import { wildFiles } from '../support/config/wild-files.js'
import { groupLab } from '../support/e2e/labs/group-lab.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { effectOf, effectOn } from './file-effect.js'
import { NEEDS } from './wireguard-tunnel.js'

/** wg-quick looks in its own folder first, where a resolvconf of the host would be found. */
describeWhere([...NEEDS, 'program wg-quick'], 'a wg-quick file as it is in the wild', () => {
  const lab = groupLab()

  it.each(wildFiles(WIRE))('is taken, or refused for a better reason: $name', async (file) => {
    const folder = temporaryFolder()
    const device = `w${randomBytes(4).toString('hex')}`
    const path = join(folder, `${device}.conf`)
    writeFileSync(path, file.text, { mode: 0o600 })
    const ours = attempt(() => readTunnelFile(path))
    if (file.refusal === undefined) expect(ours.refusal).toBeUndefined()
    else expect(ours.refusal).toContain(`Cannot use ${path}${file.refusal}`)
    expect(ours.refusal?.split('\n') ?? []).toHaveLength(file.refusal === undefined ? 0 : 1)

    const told = join(folder, 'told')
    const resolvconf = join(folder, 'resolvconf')
    writeFileSync(told, '')
    writeFileSync(resolvconf, `#!/bin/sh\n[ "$1" != -a ] || cat > ${told}\n`)
    chmodSync(resolvconf, 0o755)
    const PATH = `${folder}:${process.env.PATH}`
    const env = { ...process.env, PATH, WG_QUICK_USERSPACE_IMPLEMENTATION: 'wireguard-go' }
    const up = lab.near.start('wg-quick', ['up', path], { env })
    const { code } = await up.ending()
    expect(code === 0 ? 'takes it' : 'refuses it').toBe(file.wgQuick)
    if (code !== 0) return
    try {
      if (ours.read === undefined) return
      const { config, model } = ours.read
      const effect = effectOf(config, model.interface.mtu)
      expect(effect).toEqual(await effectOn(lab.near, device, effect))
      const asked = readFileSync(told, 'utf8').replace(/^search ~\.\n/m, '') // Qanat says so by itself
      expect(lines(config.host!.dns)).toEqual(asked)
    } finally {
      await lab.near.start('wg-quick', ['down', path], { env }).ending()
    }
  })
})

/** What resolvconf is told. */
function lines({ search, servers }: { search: readonly string[]; servers: readonly string[] }): string {
  if (servers.length === 0) return ''
  const named = servers.map((server) => `nameserver ${server}\n`).join('')
  return search.length === 0 ? named : `${named}search ${search.join(' ')}\n`
}

function attempt<Value>(work: () => Value): { readonly read?: Value; readonly refusal?: string } {
  try {
    return { read: work() }
  } catch (thrown) {
    return { refusal: asError(thrown).message }
  }
}
