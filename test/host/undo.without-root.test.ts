import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { orSkipped } from '../support/native-missing.js'
import { namespacesMissing } from '../support/network-namespace.js'

const PROGRAM = join(import.meta.dirname, 'undo-without-root.mjs')
const missing = namespacesMissing('nft', 'sysctl', 'unshare')

it.skipIf(missing)(
  orSkipped(
    'all of a host is restored by who has CAP_NET_ADMIN alone by then, name servers included',
    missing,
  ),
  () => {
    const folder = temporaryFolder()
    const [nameServers, journal] = [join(folder, 'resolv.conf'), join(folder, 'run', 'journal')]
    writeFileSync(nameServers, 'nameserver 192.0.2.1\n')
    const script = `mount --bind ${nameServers} /etc/resolv.conf && exec ${process.execPath} ${PROGRAM} ${journal}`
    const output = execFileSync('unshare', ['--net', '--mount', 'sh', '-c', script], { encoding: 'utf8' })
    const { before, meanwhile, after, said } = JSON.parse(output)
    expect(meanwhile).not.toEqual(before)
    expect(after).toEqual(before)
    expect(said).toEqual(['65534'])
    expect(readFileSync(nameServers, 'utf8')).toBe('nameserver 192.0.2.1\n')
    expect(readFileSync(journal, 'utf8')).toBe('') // nobody may remove it, and nothing is left to undo
  },
)
