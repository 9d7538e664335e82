import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import type { FullTunnelLab } from '../../support/e2e/labs/full-tunnel-lab.js'
import { eventually } from '../../support/eventually.js'
import { differences, hostOf, pathOf } from './attempts.js'
import type { TableFile } from './files.js'

/** An end of Qanat's that is no orderly one; each resolves with the lines by which the host then differs. */
type Ending = (lab: FullTunnelLab, file: TableFile) => Promise<readonly string[]>

/** How Qanat's tunnels end other than by SIGTERM, or change before that. */
export const ENDINGS: Readonly<Record<string, Ending>> = {
  'a start that fails': async (lab, file) => {
    const path = pathOf(lab, file)
    await lab.client.run('ip', 'link', 'add', basename(path, '.conf'), 'type', 'bridge')
    return failing(lab, path)
  },

  'a hook that fails': (lab, file) => failing(lab, pathOf(lab, file, ['PostUp = false'])),

  'kill -9': async (lab, file) => {
    const before = await hostOf(lab)
    const tunnel = lab.up(lab.client, pathOf(lab, file))
    await tunnel.line(REACHED)
    tunnel.kill('SIGKILL')
    await tunnel.ending()
    return differences(lab, before)
  },

  'reloads that add and remove': async (lab, file) => {
    const before = await hostOf(lab)
    const ran = join(temporaryFolder(), 'ran')
    const path = pathOf(lab, file, [`PostUp = touch ${ran}`]) // behind the file's own
    const tunnel = lab.up(lab.client, path)
    await eventually('PostUp ran', () => existsSync(ran), true)
    const running = await hostOf(lab)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('AllowedIPs = ', 'AllowedIPs = 10.66.0.0/16, fd66::/64, '))
    await lab.reload(lab.client, path).output()
    writeFileSync(path, text)
    await lab.reload(lab.client, path).output()
    const changed = await differences(lab, running)
    tunnel.kill('SIGTERM')
    await tunnel.ending()
    return [...changed, ...(await differences(lab, before))]
  },
}

async function failing(lab: FullTunnelLab, path: string): Promise<readonly string[]> {
  const before = await hostOf(lab)
  const { code } = await lab.up(lab.client, path).ending()
  const left = await differences(lab, before)
  return code === 0 ? ['it did not fail', ...left] : left
}
