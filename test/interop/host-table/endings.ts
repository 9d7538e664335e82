import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { differences, hostOf, pathOf, started, type TableHost } from './attempts.js'
import type { TableFile } from './files.js'

/** An end of Qanat's that is no orderly one; each resolves with the lines by which the host then differs. */
type Ending = (host: TableHost, file: TableFile) => Promise<readonly string[]>

/** How Qanat's tunnels end other than by SIGTERM, or change before that. */
export const ENDINGS: Readonly<Record<string, Ending>> = {
  'a start that fails': async (host, file) => {
    const { lab } = host
    const path = pathOf(lab, file)
    await lab.client.run('ip', 'link', 'add', basename(path, '.conf'), 'type', 'bridge')
    return failing(host, path)
  },

  'a hook that fails': (host, file) => failing(host, pathOf(host.lab, file, ['PostUp = false'])),

  'kill -9': async (host, file) => {
    const before = await hostOf(host)
    const { tunnel } = await started(host.lab, file)
    tunnel.kill('SIGKILL')
    await tunnel.ending()
    return differences(host, before)
  },

  'reloads that add and remove': async (host, file) => {
    const { lab } = host
    const before = await hostOf(host)
    const { path, tunnel } = await started(lab, file)
    const running = await hostOf(host)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('AllowedIPs = ', 'AllowedIPs = 10.66.0.0/16, fd66::/64, '))
    await lab.reload(lab.client, path).output()
    writeFileSync(path, text)
    await lab.reload(lab.client, path).output()
    const changed = await differences(host, running)
    tunnel.kill('SIGTERM')
    await tunnel.ending()
    return [...changed, ...(await differences(host, before))]
  },
}

async function failing(host: TableHost, path: string): Promise<readonly string[]> {
  const { lab } = host
  const before = await hostOf(host)
  const { code } = await lab.up(lab.client, path).ending()
  const left = await differences(host, before)
  return code === 0 ? ['it did not fail', ...left] : left
}
