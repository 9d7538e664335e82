import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { hostNames } from '../../../src/config/wg-quick/host-names.js'

let root: string
beforeEach(() => {
  root = temporaryFolder()
})
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

describe('the names of a host', () => {
  it('are those of its routing tables, in whichever file iproute2 keeps them', () => {
    write('usr/share/iproute2/rt_tables', '#\n255\tlocal\n# 7 none\n9 office\n')
    write('etc/iproute2/rt_tables.d/vpn.conf', '0x4d  vpn # ours\n8 office\n')
    write('etc/iproute2/rt_tables.d/README', '6 readme\n')
    const { table } = hostNames(root)
    expect(['vpn', 'office', 'local', 'main', 'none', 'readme', '#'].map(table)).toEqual([
      ...[77, 8, 255, 254],
      ...[undefined, undefined, undefined],
    ])
  })

  it('are those of its services over UDP, by any of their names', () => {
    write('etc/services', 'domain 53/tcp\nopenvpn\t\t1194/tcp\nopenvpn 1194/udp vpn\t# OpenVPN\n')
    const { port } = hostNames(root)
    expect(['openvpn', 'vpn', 'domain', '1194/udp'].map(port)).toEqual([1194, 1194, undefined, undefined])
  })

  it('are few without any files', () => {
    const { port, table } = hostNames(root)
    expect([port('openvpn'), table('main'), table('office')]).toEqual([undefined, 254, undefined])
  })
})
